import Foundation
import HSMClient
import HSMWorkerProtocol
import KMSCore
import KMSTesting
import Logging
import SQLiteStore
import SecureMemory
import Testing

/// A token and a database on which `crash-server` works until it is killed. Then an ordinary key store looks at what is
/// left.
final class KillScene: Sendable {
    static let start = Timestamp(seconds: 1_767_225_600)

    let token: SoftHSMToken
    private let settings: WorkerSettings

    init() async throws {
        token = try await Program.offPool { try SoftHSMToken() }
        settings = WorkerSettings(
            modulePath: try SoftHSMToken.modulePath, tokenURI: "pkcs11:token=strongroom%20test",
            pinSource: .file(token.pinFile), profile: .softHSM, startLockPath: token.folder + "/token.lock")
        try JSONEncoder().encode(settings).write(to: URL(filePath: token.folder + "/worker.json"))
        // As `strongroom init` does: the server's own key is there too.
        try await withBackend { backend, metadata in
            let vault = CredentialVault(backend: backend, metadata: metadata)
            let made = try await vault.newAccessKey(for: CallContext.operator.principal, at: Self.start)
            try await metadata.commit([.saveAccessKey(made.accessKey)])
        }
    }

    /// Runs crash-server and kills it, so long after it has told so many lines. Answers what it told.
    func run(at now: Timestamp, until lines: Int, then rest: Duration) async throws -> [String] {
        let output = token.folder + "/output"
        _ = FileManager.default.createFile(atPath: output, contents: nil)
        let process = Process()
        process.executableURL = URL(filePath: try Program.built("crash-server"))
        process.arguments = [token.folder, "whole-life", "\(now.milliseconds / 1000)"]
        process.standardOutput = try FileHandle(forWritingTo: URL(filePath: output))
        process.standardInput = FileHandle.nullDevice
        try process.run()
        let id = process.processIdentifier
        let end = ContinuousClock.now + .seconds(60)
        while Self.lines(of: output).count < lines, process.isRunning, ContinuousClock.now < end {
            try await Task.sleep(for: .milliseconds(1))
        }
        try await Task.sleep(for: rest)
        kill(id, SIGKILL)
        process.waitUntilExit()
        #expect(process.terminationReason == .uncaughtSignal, "it went on until then")
        return Self.lines(of: output)
    }

    private static func lines(of path: String) -> [String] {
        // Without one that is not whole.
        let text = Processes.file(path)
        return text.split(separator: "\n", omittingEmptySubsequences: false).dropLast().map(String.init)
    }

    /// Lends the token and the database, as soon as nobody else works on them.
    private func withBackend<T: Sendable>(_ body: (HSMClient, SQLiteStore) async throws -> T) async throws -> T {
        let lock = unsafe open(token.folder + "/lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        try #require(lock >= 0)
        defer { close(lock) }
        // The workers of a process that was killed finish their call and end; they hold the lock until then.
        while flock(lock, LOCK_EX | LOCK_NB) != 0 { try await Task.sleep(for: .milliseconds(5)) }
        let client = HSMClient(
            HSMClientConfiguration(
                workerProgram: try Program.built("strongroom-hsm-worker"), settings: settings,
                environment: token.environment, lock: lock),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        let result: Result<T, any Error>
        do {
            result = .success(try await body(client, SQLiteStore(path: token.folder + "/metadata.sqlite")))
        } catch {
            result = .failure(error)
        }
        try await Program.offPool { client.stop() }
        return try result.get()
    }

    /// Expects that after the start's due work token and database name the same objects, that no work is left over,
    /// that every key which can be used works, and that those of `expected` decrypt what they encrypted. Answers the
    /// ids of the keys that are there.
    func expectAgreement(at now: Timestamp, keeping expected: [String: [[UInt8]]]) async throws -> Set<String> {
        try await withBackend { backend, metadata in
            let store = KeyStore(backend: backend, metadata: metadata, clock: TestClock(now), events: NoKeyEvents())
            try await store.start(reading: metadata)
            try await store.performDueWork()
            let report = try await ConsistencyReport(comparing: metadata, with: backend)
            #expect(report.orphans.isEmpty, "objects that no row names")
            #expect(report.faultyKeys.isEmpty, "rows without their object: \(report.faultyKeys.map(\.reason))")
            #expect(report.faultySystemKeys.isEmpty)
            #expect(report.intents.isEmpty, "work that was not brought to its end")
            let there = Set(
                try store.listKeys(PageRequest(limit: 1000), by: .operator).items.map(\.id.description))
            for id in there where try await store.describeKey(id, by: .operator).state == .enabled {
                let plaintext = SecretBytes(copying: Array(id.utf8))
                let sealed = try await store.encrypt(plaintext, with: id, context: .empty, by: .operator)
                let text = try await Self.text(sealed.ciphertext, store)
                #expect(text == id)
            }
            for (id, ciphertexts) in expected {
                #expect(there.contains(id), "a live key was lost")
                for ciphertext in ciphertexts {
                    let text = try await Self.text(ciphertext, store)
                    #expect(text == id, "under each of its materials")
                }
            }
            return there
        }
    }

    private static func text(_ ciphertext: [UInt8], _ store: KeyStore) async throws -> String {
        let result = try await store.decrypt(ciphertext, with: nil, context: .empty, by: .operator)
        return String(decoding: result.plaintext.exposedArray, as: UTF8.self)
    }
}
