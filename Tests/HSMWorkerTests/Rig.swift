import FoundationEssentials
import Glibc
import HSMWorkerProtocol
import KMSCore
import KMSTesting
import LibCrypto
import Logging
import SecureMemory
import Testing

@testable import HSMClient

/// A client with real worker processes on a SoftHSM token of its own.
final class Rig: Sendable {
    let token: SoftHSMToken
    let client: HSMClient
    let configuration: HSMClientConfiguration

    /// - Parameters:
    ///   - edit: What is changed in the configuration, whose profile is SoftHSM's.
    ///   - without: Mechanisms that the token is not allowed, of those that SoftHSM's profile names.
    ///   - with: Mechanisms that it is allowed besides.
    ///   - prepare: What is done to the token before the workers start.
    init(
        edit: (inout HSMClientConfiguration) -> Void = { _ in }, without: Set<String> = [], with more: [String] = [],
        prepare: (SoftHSMToken) throws -> Void = { _ in }
    ) throws {
        let mechanisms = try SoftHSMToken.profileMechanisms.split(separator: ",").map(String.init)
        guard without.isSubset(of: mechanisms) else {
            throw MissingPrerequisite("the profile does not name all of \(without)", hint: "hsm-config/softhsm2.yaml")
        }
        token = try SoftHSMToken(
            mechanisms: (mechanisms.filter { !without.contains($0) } + more).joined(separator: ","))
        try prepare(token)
        var configuration = HSMClientConfiguration(
            workerProgram: try Program.built("strongroom-hsm-worker"),
            settings: WorkerSettings(
                modulePath: try SoftHSMToken.modulePath, tokenURI: "pkcs11:token=strongroom%20test",
                pinSource: .file(token.pinFile), profile: .softHSM, startLockPath: token.folder + "/start.lock"
            ),
            environment: token.environment
        )
        edit(&configuration)
        self.configuration = configuration
        client = HSMClient(configuration, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }

    /// As `init`, on a thread of its own, and ready to serve.
    static func ready(
        edit: @escaping @Sendable (inout HSMClientConfiguration) -> Void = { _ in }, without: Set<String> = [],
        with more: [String] = [],
        prepare: @escaping @Sendable (SoftHSMToken) throws -> Void = { _ in }
    ) async throws -> Rig {
        let rig = try await Program.offPool { try Rig(edit: edit, without: without, with: more, prepare: prepare) }
        _ = try await rig.client.tokenReport()
        try await waitUntil("all workers serve") { rig.client.workers.allSatisfy(\.isReady) }
        return rig
    }

    deinit {
        client.stop()
    }

    /// Ends the workers and waits for it; ``HSMClient/stop()`` blocks.
    func stop() async throws {
        try await Program.offPool { self.client.stop() }
    }

    // MARK: Keys

    func newKey(
        _ spec: KeySpec = .symmetricDefault, _ usage: KeyUsage = .encryptDecrypt
    ) async throws -> MaterialReference {
        let id = ObjectID.random()
        let made = try await client.generateKey(spec, for: usage, id: id)
        return MaterialReference(object: id, checkValue: made.checkValue)
    }

    func newPair(_ spec: KeySpec, _ usage: KeyUsage = .signVerify) async throws -> (MaterialReference, PublicKey) {
        let id = ObjectID.random()
        let made = try await client.generateKey(spec, for: usage, id: id)
        return (
            MaterialReference(object: id, checkValue: made.checkValue),
            try PublicKey(subjectPublicKeyInfo: made.publicKey)
        )
    }

    /// Looks a key up anew in every worker, as after a restart.
    func forget(_ key: MaterialReference) async throws {
        try await client.forgetKey(key.object)
    }

    func seal(_ bytes: [UInt8], _ aad: [UInt8] = [], with key: MaterialReference) async throws(KMSError) -> SealedBytes
    {
        try await client.encrypt(SecretBytes(copying: bytes), authenticating: aad, with: key)
    }

    func open(_ sealed: SealedBytes, _ aad: [UInt8] = [], with key: MaterialReference) async throws(KMSError) -> [UInt8]
    {
        try await client.decrypt(sealed, authenticating: aad, with: key).exposedArray
    }

    // MARK: Processes

    /// The workers of this rig that are alive.
    var workers: [pid_t] { Self.workers(of: token) }

    /// The workers of a token that are alive: they are this process's children, and name the token's configuration.
    static func workers(of token: SoftHSMToken) -> [pid_t] { Processes.children(with: token.configurationFile) }

    static func kill(_ processes: [pid_t]) { Processes.kill(processes) }

    /// Lets a process hang.
    static func stop(_ process: pid_t) { _ = Glibc.kill(process, SIGSTOP) }

    func environment(of process: pid_t) -> String { Processes.environment(of: process) }
    func commandLine(of process: pid_t) -> String { Processes.commandLine(of: process) }

    /// What each open descriptor of a process is.
    func descriptors(of process: pid_t) -> [Int: String] {
        let folder = "/proc/\(process)/fd"
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        let pairs = names.compactMap { name in
            (try? FileManager.default.destinationOfSymbolicLink(atPath: "\(folder)/\(name)")).map {
                (Int(name) ?? -1, $0)
            }
        }
        return Dictionary(uniqueKeysWithValues: pairs)
    }

    static func file(_ path: String) -> String { Processes.file(path) }

    /// Whether a request is served now.
    func serves(_ key: MaterialReference? = nil) async -> Bool {
        do {
            if let key { _ = try await seal([1], with: key) } else { try await client.checkHealth() }
            return true
        } catch {
            return false
        }
    }
}

/// A rig with a wrapping key for all tests of a suite, which mind no others' keys: made by whoever comes first.
actor SharedScene {
    private var task: Task<(Rig, BackendWrappingKey), any Error>?
    private let wrappingKeySpec: KeySpec
    private let edit: @Sendable (inout HSMClientConfiguration) -> Void

    init(_ wrappingKeySpec: KeySpec, _ edit: @escaping @Sendable (inout HSMClientConfiguration) -> Void) {
        self.wrappingKeySpec = wrappingKeySpec
        self.edit = edit
    }

    var made: (Rig, BackendWrappingKey) {
        get async throws {
            let (spec, edit) = (wrappingKeySpec, edit)
            let task =
                task
                ?? Task {
                    let rig = try await Rig.ready(edit: edit)
                    return (rig, try await BackendWrappingKey(spec, in: rig.client))
                }
            self.task = task
            return try await task.value
        }
    }
}

extension KMSError.Code {
    /// What tells a caller to try again.
    var isRetryable: Bool {
        [.keyUnavailable, .dependencyTimeout, .throttled].contains(self)
    }
}

/// Expects `body` to fail with `code`; answers the error.
@discardableResult func expect(
    _ code: KMSError.Code, _ reason: Comment? = nil, sourceLocation: SourceLocation = #_sourceLocation,
    _ body: () async throws -> Void
) async -> KMSError? {
    let error = await #expect(throws: KMSError.self, reason, sourceLocation: sourceLocation) { try await body() }
    #expect(error?.code == code, reason, sourceLocation: sourceLocation)
    return error
}
