import Foundation
import Glibc
import HSMClient
import HSMWorkerProtocol
import KMSCore
import KMSTesting
import Logging
import SQLiteStore
import SecureMemory
import Testing

/// A SoftHSM token and a database, with three keys of an earlier life in them: two that live, and one whose deletion
/// is due. `crash-server` works on it and is killed; then an ordinary key store looks at what is left.
final class CrashScene: Sendable {
    /// How a process ended.
    struct Ending {
        let wasKilled: Bool
        /// The steps that it came to, and what else it told.
        let lines: [String]

        var steps: [String] { lines.filter { $0.hasPrefix("step ") }.map { String($0.dropFirst(5)) } }
    }

    /// Where in a piece of work the process dies.
    struct Death: Sendable, CustomTestStringConvertible {
        let moment: String
        let step: Int

        var testDescription: String { "\(moment) step \(step)" }

        /// Every moment of a piece of work of so many steps.
        static func all(_ steps: Int) -> [Death] {
            (1...steps).flatMap { step in ["before", "after"].map { Death(moment: $0, step: step) } }
        }
    }

    /// When the keys were made, and when one of them is due.
    static let start = Timestamp(seconds: 1_767_225_600)
    static let due = start.adding(days: 7)

    let token: SoftHSMToken
    let profile: HSMProfile
    /// With what each of the first keys has encrypted its own id.
    let ciphertexts: [KeyAddress: [UInt8]]
    let live: [KeyAddress]
    let dying: KeyAddress
    /// A key of origin EXTERNAL without its material, where the scene has one.
    let external: KeyAddress?

    init(workers: Int = 1, withExternalKey: Bool = false) async throws {
        let token = try await Program.offPool { try SoftHSMToken() }
        var profile = HSMProfile.softHSM
        profile.workers = workers
        let settings = try Self.settings(token, profile)
        try JSONEncoder().encode(settings).write(to: URL(filePath: token.folder + "/worker.json"))
        let clock = TestClock(Self.start)
        (ciphertexts, live, dying, external) = try await Self.withBackend(token, profile) { backend, metadata in
            // As `strongroom init` does: the server's own key is there too.
            let vault = CredentialVault(backend: backend, metadata: metadata)
            let made = try await vault.newAccessKey(for: CallContext.alice.principal, at: clock.now)
            try await metadata.commit([.saveAccessKey(made.accessKey)])
            let store = KeyStore(backend: backend, metadata: metadata, clock: clock, events: EventLog())
            try await store.start(reading: metadata)
            var ciphertexts: [KeyAddress: [UInt8]] = [:]
            var addresses: [KeyAddress] = []
            for _ in 0..<3 {
                let made = try await store.newKey()
                ciphertexts[made.key.address] = try await store.encrypt(made.id, with: made.id)
                addresses.append(made.key.address)
            }
            _ = try await store.scheduleKeyDeletion("\(addresses[2].id)", pendingWindowInDays: 7, by: .alice)
            let external = withExternalKey ? try await store.newImportedKey().key.address : nil
            return (ciphertexts, [addresses[0], addresses[1]], addresses[2], external)
        }
        self.token = token
        self.profile = profile
    }

    deinit {
        // SQLite may be taking its log away in this moment, which ends a removal half done; the token's own is the
        // second try.
        try? FileManager.default.removeItem(atPath: token.folder)
    }

    private static func settings(_ token: SoftHSMToken, _ profile: HSMProfile) throws -> WorkerSettings {
        WorkerSettings(
            modulePath: try SoftHSMToken.modulePath, tokenURI: "pkcs11:token=strongroom%20test",
            pinSource: .file(token.pinFile), profile: profile, startLockPath: token.folder + "/token.lock"
        )
    }

    // MARK: The process that dies

    /// Runs crash-server on the scene; `death` may come too late. With `patience` it is killed from here, whatever it is
    /// doing then: so long after it has told so many lines.
    func run(
        _ work: String, at now: Timestamp = due, _ death: Death? = nil, patience: (lines: Int, then: Duration)? = nil
    ) async throws -> Ending {
        let output = token.folder + "/output"
        _ = FileManager.default.createFile(atPath: output, contents: nil)
        let process = Process()
        process.executableURL = URL(filePath: try Program.built("crash-server"))
        process.arguments = [token.folder, work, "\(now.milliseconds / 1000)"]
        if let death { process.arguments?.append(contentsOf: [death.moment, "\(death.step)"]) }
        process.standardOutput = try FileHandle(forWritingTo: URL(filePath: output))
        process.standardInput = FileHandle.nullDevice
        try await withCheckedThrowingContinuation { (ended: CheckedContinuation<Void, any Error>) in
            process.terminationHandler = { _ in ended.resume() }
            do {
                try process.run()
            } catch {
                process.terminationHandler = nil
                ended.resume(throwing: error)
                return
            }
            guard let patience else { return }
            let id = process.processIdentifier
            Task {
                while Self.lines(of: output).count < patience.lines, kill(id, 0) == 0 {
                    try? await Task.sleep(for: .milliseconds(1))
                }
                try? await Task.sleep(for: patience.then)
                kill(id, SIGKILL)
            }
        }
        let wasKilled = process.terminationReason == .uncaughtSignal && process.terminationStatus == SIGKILL
        try #require(wasKilled || process.terminationStatus == 0, "it dies by our hand, or not at all")
        return Ending(wasKilled: wasKilled, lines: Self.lines(of: output))
    }

    private static func lines(of path: String) -> [String] {
        let text = String(decoding: FileManager.default.contents(atPath: path) ?? Data(), as: UTF8.self)
        return text.split(separator: "\n").map(String.init)
    }

    // MARK: Whoever comes after it

    /// Lends the scene's token and database, as soon as nobody else works on them.
    private static func withBackend<T: Sendable>(
        _ token: SoftHSMToken, _ profile: HSMProfile,
        _ body: (HSMClient, SQLiteStore) async throws -> T
    ) async throws -> T {
        let lock = unsafe open(token.folder + "/lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        try #require(lock >= 0)
        defer { close(lock) }
        // The workers of a process that was killed finish their call and end; they hold the lock until then.
        while flock(lock, LOCK_EX | LOCK_NB) != 0 { try await Task.sleep(for: .milliseconds(5)) }
        let client = HSMClient(
            HSMClientConfiguration(
                workerProgram: try Program.built("strongroom-hsm-worker"), settings: try settings(token, profile),
                environment: token.environment, lock: lock
            ),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        )
        let result: Result<T, any Error>
        do {
            result = .success(try await body(client, SQLiteStore(path: token.folder + "/metadata.sqlite")))
        } catch {
            result = .failure(error)
        }
        try await Program.offPool { client.stop() }
        return try result.get()
    }

    /// Starts a key store on what is left, lets it do its due work, and expects that then
    /// - token and database name the same objects, and no work is left over,
    /// - every key there is encrypts and decrypts,
    /// - every key of `expected` is there and decrypts what it once encrypted,
    /// - every key of `gone` is wholly gone.
    ///
    /// Answers the keys that are there.
    @discardableResult
    func expectRecovery(
        at now: Timestamp = due, keeping expected: [KeyAddress: [UInt8]], gone: [KeyAddress: [UInt8]] = [:],
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> Set<KeyAddress> {
        try await Self.withBackend(token, profile) { backend, metadata in
            let store = KeyStore(backend: backend, metadata: metadata, clock: TestClock(now), events: EventLog())
            try await store.start(reading: metadata)
            try await store.performDueWork()

            let report = try await ConsistencyReport(comparing: metadata, with: backend)
            #expect(report.orphans.isEmpty, "objects that no row names", sourceLocation: sourceLocation)
            #expect(report.faultyKeys.isEmpty, "rows without their object", sourceLocation: sourceLocation)
            #expect(report.faultySystemKeys.isEmpty, sourceLocation: sourceLocation)
            #expect(report.intents.isEmpty, "work that was not brought to its end", sourceLocation: sourceLocation)

            let there = Set(try store.listKeys(PageRequest(limit: 1000), by: .alice).items)
            for key in there {
                // A key that is scheduled but not due is whole, only not to be used.
                guard try await store.describeKey("\(key.id)", by: .alice).state == .enabled else { continue }
                let ciphertext = try await store.encrypt("x", with: "\(key.id)")
                #expect(try await store.decrypt(ciphertext) == "x", sourceLocation: sourceLocation)
            }
            for (key, ciphertext) in expected {
                #expect(there.contains(key), "a live key was lost", sourceLocation: sourceLocation)
                #expect(try await store.decrypt(ciphertext) == "\(key.id)", sourceLocation: sourceLocation)
            }
            for (key, ciphertext) in gone {
                #expect(!there.contains(key), sourceLocation: sourceLocation)
                await KMSCoreTests.expect(.accessDenied, sourceLocation: sourceLocation) {
                    _ = try await store.decrypt(ciphertext)
                }
            }
            return there
        }
    }

    /// Lends a key store on what is left, after its due work.
    func withStore<T: Sendable>(
        at now: Timestamp, _ body: (KeyStore) async throws -> T
    ) async throws -> T {
        try await Self.withBackend(token, profile) { backend, metadata in
            let store = KeyStore(backend: backend, metadata: metadata, clock: TestClock(now), events: EventLog())
            try await store.start(reading: metadata)
            try await store.performDueWork()
            return try await body(store)
        }
    }

    /// The first keys that live, and the ciphertext of each.
    var liveCiphertexts: [KeyAddress: [UInt8]] { ciphertexts.filter { live.contains($0.key) } }
    var dyingCiphertexts: [KeyAddress: [UInt8]] { ciphertexts.filter { $0.key == dying } }
}
