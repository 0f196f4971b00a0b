import Glibc
package import HSMWorkerProtocol
package import PKCS11
package import SecureMemory
import Synchronization

/// The worker's own way with a token, for the checks of conformance: what they try is what will serve.
package final class WorkerBench: Sendable {
    private let token: Token
    private let keys: KeyCache

    /// Loads the module, selects the token and logs in, once.
    package convenience init(_ settings: WorkerSettings, pin: borrowing SecretBytes) throws {
        let turn = StartLock(settings.startLockPath)
        var settings = settings
        settings.pinSource = .descriptor(try pin.inPipe())
        self.init(try Token(settings))
        _ = consume turn
    }

    private init(_ token: Token) {
        self.token = token
        keys = KeyCache(token)
    }

    /// The same token, used as another profile says.
    package func using(_ profile: HSMProfile) throws -> WorkerBench {
        WorkerBench(try Token(token, using: profile))
    }

    package var profile: HSMProfile { token.profile }
    package var slot: Slot { token.slot }
    package var info: TokenInfo { token.info }
    package var mechanisms: Set<MechanismType> { token.mechanisms }
    package var report: TokenReport { token.report }

    package func lane() throws -> WorkerLane {
        WorkerLane(try Lane(token, keys))
    }

    /// Labels all objects that this process makes from now on. Who serves finds its own by another label.
    package static func labelObjects(_ label: String) {
        KeyTemplate.labelling.withLock { $0 = .same(label) }
    }

    package static func readPIN(_ source: PINSource) throws -> SecretBytes {
        try source.read()
    }
}

extension SecretBytes {
    /// The reading end of a pipe that holds the secret, and ends behind it: a descriptor that can be read once.
    package borrowing func inPipe() throws -> Int32 {
        var ends: [Int32] = [-1, -1]
        guard unsafe pipe(&ends) == 0 else { throw OperatorError("no pipe could be made: \(errorText())") }
        defer { close(ends[1]) }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        // Smaller than a pipe's buffer, so this never waits.
        let written = withExposedBytes { bytes in
            unsafe bytes.withUnsafeBytes { unsafe write(ends[1], $0.baseAddress, $0.count) }
        }
        guard written == count else {
            close(ends[0])
            throw OperatorError("a pipe does not take a PIN: \(errorText())")
        }
        return ends[0]
    }
}

/// A lane that is asked by the frames that a server sends.
package final class WorkerLane {
    private let lane: Lane
    private let reply = SecureBuffer(capacity: Frame.maximumSize)

    fileprivate init(_ lane: Lane) {
        self.lane = lane
    }

    /// Sends a request, whose body `fill` writes, and gives the reply to it.
    package func ask(_ operation: Operation, _ fill: (SecureBuffer) -> Void) throws -> FrameCursor {
        let request = SecureBuffer(frame: 1, code: operation.rawValue, capacity: Frame.maximumSize)
        fill(request)
        request.endFrame()
        reply.removeAll()
        _ = lane.serve(request, into: reply)
        var fields = FrameCursor(reply)
        guard reply.frameCode == Status.ok.rawValue else {
            throw WorkerLaneFailure(
                status: Status(rawValue: reply.frameCode) ?? .failed, text: (try? fields.text()) ?? "")
        }
        return fields
    }

    /// The token's mechanism of RFC 5649, found as imports find it.
    package func keyWrapMechanism() throws -> MechanismType? {
        try lane.keyWrapMechanism()
    }
}

/// An answer other than ok.
package struct WorkerLaneFailure: Error, CustomStringConvertible {
    package let status: Status
    package let text: String

    package var description: String { text }
}

/// A kind of key as the worker asks the token for it.
package struct KeyRecipe: Sendable {
    private let template: KeyTemplate

    package init?(spec: String, usage: String) {
        guard let template = KeyTemplate.named(spec: spec, usage: usage) else { return nil }
        self.template = template
    }

    package var spec: String { template.spec }
    package var usage: String { template.usage.rawValue }
    package var isKeyPair: Bool { template.isKeyPair }
    package var generation: Mechanism { template.generation }

    package func generationTemplate(id: [UInt8], omitting: [String] = []) -> [Attribute] {
        template.generationTemplate(id: id, omitting: omitting)
    }

    package func importTemplate(id: [UInt8], isToken: Bool, omitting: [String] = []) -> [Attribute] {
        template.importTemplate(id: id, isToken: isToken, omitting: omitting)
    }

    package func publicTemplate(omitting: [String] = [], isToken: Bool = false) -> [Attribute] {
        template.publicTemplate(omitting: omitting, isToken: isToken)
    }

    package static var copyTemplate: [Attribute] { KeyTemplate.copyTemplate }

    /// What of an object is other than the worker wants it, or nil.
    package func fault(
        of object: ObjectHandle, id: [UInt8], isCopy: Bool = false, isLocal: Bool = true, in session: borrowing Session
    ) throws(PKCS11Error) -> String? {
        try template.fault(of: object, id: id, isCopy: isCopy, isLocal: isLocal, in: session)
    }
}

extension AttributeType {
    /// The name as profiles have it.
    package var profileName: String { name }
}
