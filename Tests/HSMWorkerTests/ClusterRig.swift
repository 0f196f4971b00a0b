import Glibc
import HSMWorkerProtocol
import KMSCore
import KMSTesting
import Logging
import SecureMemory
import Synchronization
import Testing

@testable import HSMClient

/// A cluster over real worker processes, on SoftHSM tokens that are kept in step.
final class ClusterRig: Sendable {
    let tokens: TokensInStep
    let clients: [HSMClient]
    let cluster: HSMCluster
    /// A key that every member has, as the key store's own are.
    let systemKey: MaterialReference

    private static let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    private init(
        _ tokens: TokensInStep, _ clients: [HSMClient], _ systemKey: MaterialReference, _ settings: ClusterSettings
    ) {
        self.tokens = tokens
        self.clients = clients
        self.systemKey = systemKey
        cluster = HSMCluster(
            zip(1..., clients).map { HSMCluster.Member(name: "member \($0)", backend: $1) }, settings: settings,
            knownKeys: [systemKey], logger: Self.logger)
    }

    deinit {
        cluster.stop()
        for client in clients { client.stop() }
    }

    /// Tokens with a key that all of them have, kept in step from now on, and a cluster that serves from all.
    ///
    /// - Parameter stranger: Whether there is one more member in the end, with a token of the same name but other keys.
    static func ready(
        _ count: Int = 2, stranger: Bool = false, settings: ClusterSettings = ClusterSettings(),
        edit: @escaping @Sendable (inout HSMClientConfiguration) -> Void = { _ in }
    ) async throws -> ClusterRig {
        let (tokens, extra) = try await Program.offPool {
            let mechanisms = try SoftHSMToken.profileMechanisms
            return (
                try TokensInStep(try SoftHSMToken(mechanisms: mechanisms), count: count),
                stranger ? [try SoftHSMToken(mechanisms: mechanisms)] : []
            )
        }
        let clients = try (tokens.tokens + extra).map { try client(of: $0, edit) }
        let id = ObjectID.random()
        let made = try await clients[0].generateKey(.symmetricDefault, for: .encryptDecrypt, id: id)
        let systemKey = MaterialReference(object: id, checkValue: made.checkValue)
        tokens.begin()
        for client in clients.prefix(count) {
            try await waitUntil("the first key is on all tokens", seconds: 15) { try await client.shows(id) }
        }
        let rig = ClusterRig(tokens, clients, systemKey, settings)
        try await waitUntil("all members serve", seconds: 15) {
            rig.cluster.status().members.prefix(count).allSatisfy { $0.phase == .serving }
        }
        return rig
    }

    private static func client(
        of token: SoftHSMToken, _ edit: (inout HSMClientConfiguration) -> Void
    ) throws -> HSMClient {
        var configuration = HSMClientConfiguration(
            workerProgram: try Program.built("strongroom-hsm-worker"),
            settings: WorkerSettings(
                modulePath: try SoftHSMToken.modulePath, tokenURI: "pkcs11:token=strongroom%20test",
                pinSource: .file(token.pinFile), profile: .softHSM, startLockPath: token.folder + "/start.lock"
            ),
            environment: token.environment
        )
        configuration.settings.profile.workers = 1
        edit(&configuration)
        return HSMClient(configuration, logger: logger)
    }

    // MARK: Keys

    func newKey() async throws -> MaterialReference {
        let id = ObjectID.random()
        let made = try await cluster.generateKey(.symmetricDefault, for: .encryptDecrypt, id: id)
        return MaterialReference(object: id, checkValue: made.checkValue)
    }

    func seal(
        _ bytes: [UInt8] = [1, 2, 3], with key: MaterialReference
    ) async throws(KMSError) -> SealedBytes {
        try await cluster.encrypt(SecretBytes(copying: bytes), authenticating: [], with: key)
    }

    func open(_ sealed: SealedBytes, with key: MaterialReference) async throws(KMSError) -> [UInt8] {
        try await cluster.decrypt(sealed, authenticating: [], with: key).exposedArray
    }

    /// Which members show an object, by their own word.
    func membersThatShow(_ id: ObjectID) async throws -> [Bool] {
        var shown: [Bool] = []
        for client in clients { shown.append(try await client.shows(id)) }
        return shown
    }

    // MARK: Members

    func member(_ index: Int) -> ClusterStatus.Member { cluster.status().members[index] }

    func workers(of index: Int) -> [pid_t] { Rig.workers(of: tokens.tokens[index]) }

    /// The token is gone, and with it the worker's connection to it.
    func takeAway(_ index: Int) throws {
        try tokens.tokens[index].moveAway()
        Rig.kill(workers(of: index))
    }

    func giveBack(_ index: Int) throws {
        try tokens.tokens[index].moveBack()
    }

    // MARK: Load

    /// Encrypts and decrypts on several tasks while `body` runs; answers how many round trips there were, all errors, and
    /// the longest round trip.
    func load(
        with key: MaterialReference, tasks: Int = 8, while body: () async throws -> Void
    ) async throws -> (count: Int, errors: [KMSError], longest: Duration) {
        let isOver = Flag()
        let work = (0..<tasks).map { number in
            Task {
                var (count, errors, longest): (Int, [KMSError], Duration) = (0, [], .zero)
                while !isOver.isSet {
                    let begin = ContinuousClock.now
                    do throws(KMSError) {
                        let text = [UInt8(number), UInt8(truncatingIfNeeded: count)]
                        let opened = try await self.open(try await self.seal(text, with: key), with: key)
                        #expect(opened == text)
                        count += 1
                    } catch {
                        errors.append(error)
                    }
                    longest = max(longest, ContinuousClock.now - begin)
                }
                return (count, errors, longest)
            }
        }
        do {
            try await body()
        } catch {
            isOver.set()
            throw error
        }
        isOver.set()
        var total: (count: Int, errors: [KMSError], longest: Duration) = (0, [], .zero)
        for task in work {
            let (count, errors, longest) = await task.value
            total = (total.count + count, total.errors + errors, max(total.longest, longest))
        }
        return total
    }

    // MARK: Waiting

    func wait(
        for phase: ClusterStatus.Phase, of index: Int, seconds: Double = 15,
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        try await waitUntil(
            "member \(index + 1) is \(phase.rawValue)", seconds: seconds, sourceLocation: sourceLocation
        ) { member(index).phase == phase }
    }
}

/// Something that happens once.
final class Flag: Sendable {
    private let value = Atomic(false)

    var isSet: Bool { value.load(ordering: .relaxed) }
    func set() { value.store(true, ordering: .relaxed) }
}
