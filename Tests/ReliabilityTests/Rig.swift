import FoundationEssentials
import Glibc
import HSMClient
import HSMWorkerProtocol
import KMSCore
import KMSTesting
import Logging
import SecureMemory
import Synchronization
import Testing

/// A client with real worker processes on a token of its own, which can be made to fail.
final class Rig: Sendable {
    /// What stands between the workers and SoftHSM.
    enum Kind: Sendable {
        /// S: nothing.
        case direct
        /// X: the fault module.
        case faulty
        /// R: p11-kit's remoting, which carries no AES-GCM.
        case remote
    }

    let kind: Kind
    let token: SoftHSMToken
    private let faultModule: FaultModule?
    private let remoteToken: RemoteToken?
    let configuration: HSMClientConfiguration
    let log: LogLines
    private let current: Mutex<HSMClient?>

    /// - Parameters:
    ///   - prepare: What is done to the token before the first worker starts.
    init(
        _ kind: Kind = .direct, edit: (inout HSMClientConfiguration) throws -> Void = { _ in },
        prepare: (SoftHSMToken) throws -> Void = { _ in }, remoteStarts: Bool = true, starts: Bool = true
    ) throws {
        self.kind = kind
        token = try SoftHSMToken(mechanisms: SoftHSMToken.profileMechanisms)
        try prepare(token)
        var configuration = HSMClientConfiguration(
            workerProgram: try Program.built("strongroom-hsm-worker"),
            settings: WorkerSettings(
                modulePath: try SoftHSMToken.modulePath, tokenURI: "pkcs11:token=strongroom%20test",
                pinSource: .file(token.pinFile), profile: .softHSM, startLockPath: token.folder + "/start.lock"
            ),
            environment: token.environment
        )
        faultModule = kind == .faulty ? try FaultModule() : nil
        remoteToken = kind == .remote ? try RemoteToken(token, starts: remoteStarts) : nil
        if let faultModule {
            configuration.settings.modulePath = try FaultModule.path
            configuration.environment.merge(faultModule.environment) { $1 }
        }
        if let remoteToken {
            configuration.settings.modulePath = try RemoteToken.modulePath
            configuration.environment.merge(remoteToken.environment) { $1 }
        }
        try edit(&configuration)
        self.configuration = configuration
        let log = LogLines()
        self.log = log
        current = Mutex(nil)
        if starts { startClient() }
    }

    /// As `init`, on a thread of its own, and ready to serve.
    static func ready(
        _ kind: Kind = .direct, edit: @escaping @Sendable (inout HSMClientConfiguration) -> Void = { _ in },
        prepare: @escaping @Sendable (SoftHSMToken) throws -> Void = { _ in }
    ) async throws -> Rig {
        let rig = try await Program.offPool { try Rig(kind, edit: edit, prepare: prepare) }
        _ = try await rig.client.tokenReport()
        try await waitUntil("all workers serve") { rig.client.status().workers.allSatisfy { $0.phase == .ready } }
        return rig
    }

    deinit {
        current.withLock { $0 }?.stop()
    }

    /// Of a rig that is `faulty`.
    var faults: FaultModule {
        guard let faultModule else { preconditionFailure("this rig has no fault module") }
        return faultModule
    }

    /// Of a rig that is `remote`.
    var remote: RemoteToken {
        guard let remoteToken else { preconditionFailure("this rig's token is not remote") }
        return remoteToken
    }

    // MARK: The server's part

    /// The client of this life.
    var client: HSMClient {
        guard let client = current.withLock({ $0 }) else { preconditionFailure("this rig's client was not started") }
        return client
    }

    /// Begins a new life, as a server that is started does.
    func startClient() {
        let log = log
        let client = HSMClient(configuration, logger: Logger(label: "test") { _ in LineHandler(lines: log) })
        current.withLock { $0 = client }
    }

    /// Ends the workers and waits for it; ``HSMClient/stop()`` blocks.
    func stop() async throws {
        let client = self.client
        try await Program.offPool { client.stop() }
    }

    // MARK: Keys

    func newKey(
        _ spec: KeySpec = .symmetricDefault, _ usage: KeyUsage = .encryptDecrypt
    ) async throws -> MaterialReference {
        let id = ObjectID.random()
        let made = try await client.generateKey(spec, for: usage, id: id)
        return MaterialReference(object: id, checkValue: made.checkValue)
    }

    func seal(_ bytes: [UInt8], _ aad: [UInt8] = [], with key: MaterialReference) async throws(KMSError) -> SealedBytes
    {
        try await client.encrypt(SecretBytes(copying: bytes), authenticating: aad, with: key)
    }

    func open(_ sealed: SealedBytes, _ aad: [UInt8] = [], with key: MaterialReference) async throws(KMSError) -> [UInt8]
    {
        try await client.decrypt(sealed, authenticating: aad, with: key).exposedArray
    }

    func mac(_ bytes: [UInt8], with key: MaterialReference) async throws(KMSError) -> [UInt8] {
        try await client.generateMAC(of: SecretBytes(copying: bytes), "HMAC_SHA_256", with: key)
    }

    // MARK: Processes

    /// The workers of this rig that are alive: they are this process's children, and name the token's configuration.
    var workers: [pid_t] { Processes.children(with: token.configurationFile) }

    /// Whether a request is served now.
    func serves(_ key: MaterialReference? = nil) async -> Bool {
        do throws(KMSError) {
            guard let key else {
                try await client.checkHealth()
                return true
            }
            if kind == .remote { _ = try await mac([1], with: key) } else { _ = try await seal([1], with: key) }
            return true
        } catch {
            return false
        }
    }
}

/// What is logged.
final class LogLines: Sendable {
    private let lines = Mutex<[String]>([])

    var all: [String] { lines.withLock { $0 } }

    func append(_ line: String) { lines.withLock { $0.append(line) } }
}

private struct LineHandler: LogHandler {
    let lines: LogLines
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.trace

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        lines.append("\(event.level) \(event.message) \(event.metadata ?? [:])")
    }
}

extension KMSError.Code {
    /// What tells a caller to try again: a 5xx of the wire, or a throttling.
    var isRetryable: Bool {
        [.keyUnavailable, .dependencyTimeout, .throttled, .internalFailure].contains(self)
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

/// How often something is done: `full` times when the environment variable asks for all of it, else a few times.
func times(_ few: Int, full: Int) -> Int {
    isFull ? full : few
}

/// Whether the tests run with the numbers that the requirements name (scripts/reliability.sh).
var isFull: Bool { variable("STRONGROOM_RELIABILITY_FULL") != nil }

func variable(_ name: String) -> Int? {
    guard let text = unsafe getenv(name) else { return nil }
    return unsafe Int(String(cString: text))
}

extension Rig {
    /// Another client of a token, which the test stops.
    static func client(of token: SoftHSMToken, uri: String) throws -> HSMClient {
        HSMClient(
            HSMClientConfiguration(
                workerProgram: try Program.built("strongroom-hsm-worker"),
                settings: WorkerSettings(
                    modulePath: try SoftHSMToken.modulePath, tokenURI: uri, pinSource: .file(token.pinFile),
                    profile: .softHSM),
                environment: token.environment),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }
}
