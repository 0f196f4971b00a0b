import AuditLog
import Foundation
import KMSCore
import KMSTesting
import LibCrypto
import Synchronization
import Testing

/// Signs with a key in memory, as long as the test lets it.
final class TestSigner: DigestSigner {
    private let key: PrivateKey
    private let isAway = Mutex(false)
    let publicKey: [UInt8]

    init() throws {
        key = try PrivateKey.generate(.ec(.p256))
        publicKey = key.publicKey.subjectPublicKeyInfo
    }

    func set(away: Bool) { isAway.withLock { $0 = away } }

    func sign(_ bytes: [UInt8]) async throws(KMSError) -> [UInt8] {
        guard !isAway.withLock({ $0 }) else { throw KMSError(.keyUnavailable, "The token is away.") }
        do {
            return try key.sign(Digest.sha256.hash(bytes), .ecdsa(.sha256))
        } catch {
            throw KMSError(.internalFailure, "\(error)")
        }
    }

    var verificationKey: PublicKey {
        get throws { try PublicKey(subjectPublicKeyInfo: publicKey) }
    }
}

/// A log in a folder of its own, which goes when the test does.
final class Rig: Sendable {
    static let account = AccountID("111122223333")!
    static let region = Region("eu-central-1")!

    let path: String
    let signer: TestSigner
    let clock = TestClock()
    private let heard = Mutex<[AuditLogNotice]>([])

    init(in path: String? = nil, signer: TestSigner? = nil) throws {
        self.path = path ?? FileManager.default.temporaryDirectory.path + "/strongroom-audit-\(UUID())"
        self.signer = try signer ?? TestSigner()
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }

    var folder: LogFolder { LogFolder(path) }

    var settings: AuditLogSettings {
        var settings = AuditLogSettings(folder: path, account: Self.account, region: Self.region)
        settings.syncInterval = .milliseconds(5)
        settings.headInterval = .milliseconds(5)
        settings.closingTime = .seconds(30)
        return settings
    }

    /// Begins a log.
    func begin(_ change: (inout AuditLogSettings) -> Void = { _ in }) async throws -> FileAuditLog {
        try FileAuditLog.begin(in: path)
        return try await open(change)
    }

    /// Goes on with a log.
    func open(_ change: (inout AuditLogSettings) -> Void = { _ in }) async throws -> FileAuditLog {
        var settings = settings
        change(&settings)
        return try await FileAuditLog.open(settings, signer, clock: clock) { [self] notice in
            heard.withLock { $0.append(notice) }
        }
    }

    /// What the operator was told.
    var notices: [AuditLogNotice] { heard.withLock { $0 } }

    /// A log with this many records besides its own first and last one, written and closed.
    func write(_ count: Int, _ change: (inout AuditLogSettings) -> Void = { _ in }) async throws {
        let log = try await begin(change)
        for number in 0..<count { try log.append(record("Call\(number)")) }
        await log.close()
    }

    func record(_ name: String, requestParameters: AuditValue? = nil) -> AuditRecord {
        AuditRecord(
            id: .randomUUID(), date: clock.now, source: "kms.amazonaws.com", name: name,
            region: Self.region.description, caller: .root(of: Self.account), origin: CallOrigin(),
            requestID: .randomUUID(), requestParameters: requestParameters, isReadOnly: true, recipient: Self.account)
    }

    func item(_ name: String) -> OutboxItem {
        let record = record(name)
        return OutboxItem(id: record.id, queue: .audit, body: record.json, date: record.date)
    }

    func verify(archivedBefore: UInt64 = 0) throws -> AuditReport {
        try AuditVerifier(folder, signedBy: signer.verificationKey, archivedBefore: archivedBefore).verify()
    }

    /// The names of the files of records, in their order.
    func files() throws -> [String] {
        try folder.list().records.map(\.text)
    }

    /// The lines of a file.
    func lines(_ file: String) throws -> [String] {
        String(decoding: try content(file), as: UTF8.self).split(separator: "\n").map(String.init)
    }

    func content(_ file: String) throws -> Data {
        try Data(contentsOf: URL(filePath: folder.file(file)))
    }

    func put(_ lines: [String], in file: String) throws {
        try Data(lines.map { $0 + "\n" }.joined().utf8).write(to: URL(filePath: folder.file(file)))
    }

    func append(_ text: String, to file: String) throws {
        try (content(file) + Data(text.utf8)).write(to: URL(filePath: folder.file(file)))
    }

    /// All records, in their order.
    func events() throws -> [AuditEvent] {
        try files().flatMap { try lines($0) }.map { line in
            let start = try #require(line.range(of: #""record":"#)?.upperBound)
            return try #require(AuditEvent(Array(line[start...].dropLast().utf8)))
        }
    }

    /// A copy of the folder as it is now: what a crash at this moment would leave.
    func crash() throws -> Rig {
        let copy = try Rig(signer: signer)
        try FileManager.default.copyItem(atPath: path, toPath: copy.path)
        copy.clock.set(clock.now)
        return copy
    }

    /// Waits for something that another thread does; the test's own time limit ends it.
    func eventually(_ condition: () throws -> Bool) async throws {
        while try !condition() { try await Task.sleep(for: .milliseconds(2)) }
    }
}

/// The files of a log are changed in ways that leave no trace but the ones it is made to find.
extension Rig {
    func changeLines(of file: String, _ change: (inout [String]) -> Void) throws {
        var lines = try lines(file)
        change(&lines)
        try put(lines, in: file)
    }
}
