import ArgumentParser
import AuditLog
import Foundation
import KMSCore
import KMSTesting
import LibCrypto
import Testing

@testable import StrongroomCommands

/// Signs with a key in memory.
private struct Signer: DigestSigner {
    final class Key: Sendable {
        let key: PrivateKey
        init() throws { key = try PrivateKey.generate(.ec(.p256)) }
    }

    let key: Key

    var publicKey: [UInt8] { key.key.publicKey.subjectPublicKeyInfo }

    func sign(_ bytes: [UInt8]) async throws(KMSError) -> [UInt8] {
        do {
            return try key.key.sign(Digest.sha256.hash(bytes), .ecdsa(.sha256))
        } catch {
            throw KMSError(.internalFailure, "\(error)")
        }
    }
}

@Suite struct `The audit commands` {
    let folder: TemporaryFolder
    let audit: String
    let key: String

    init() async throws {
        folder = try TemporaryFolder()
        audit = folder.path + "/audit"
        let signer = Signer(key: try Signer.Key())
        key = try folder.write(PEM.text("PUBLIC KEY", der: signer.publicKey), to: "audit.pem")
        let account = try #require(AccountID("111122223333"))
        let region = try #require(Region("eu-central-1"))
        try FileAuditLog.begin(in: audit)
        let log = try await FileAuditLog.open(
            AuditLogSettings(folder: audit, account: account, region: region), signer, clock: TestClock()
        ) { _ in }
        for name in ["Encrypt", "Decrypt"] {
            try log.append(
                AuditRecord(
                    id: .randomUUID(), date: TestClock().now, source: "kms.amazonaws.com", name: name,
                    region: region.description, caller: .root(of: account), origin: CallOrigin(),
                    requestID: .randomUUID(),
                    requestParameters: .object(("keyId", .string("alias/\u{1b}]0;evil\u{7}"))),
                    error: name == "Decrypt" ? .init(code: "AccessDeniedException", message: "no \u{9b}") : nil,
                    isReadOnly: true, recipient: account))
        }
        await log.close()
    }

    private var record: String {
        get throws { try #require(FileManager.default.contentsOfDirectory(atPath: audit).sorted().first) }
    }

    private func report() async throws -> AuditReport {
        try await AuditVerify.parse(["--folder", audit, "--public-key", key]).report()
    }

    @Test func `say that a log is whole, and where it ends`() async throws {
        let report = try await report()
        #expect(report.isWhole)
        #expect(report.text.hasPrefix("The log is whole: 4 records in 1 file of "))
        #expect(report.text.contains("\nSigned up to record 4 at 2026-01-01T00:00:00Z, "))
        let json = try JSONSerialization.jsonObject(with: Data(report.json().utf8)) as? [String: Any]
        #expect(json?["whole"] as? Bool == true && json?["records"] as? Int == 4)
        #expect(await StrongroomCommand.run(["audit", "verify", "--folder", audit, "--public-key", key]) == 0)
    }

    @Test func `name the first bad record of a log that is not, with the status 1`() async throws {
        let path = try audit + "/" + record
        let text = try String(contentsOfFile: path, encoding: .utf8)
        try text.replacing("\"Encrypt\"", with: "\"Encrypr\"").write(toFile: path, atomically: false, encoding: .utf8)
        let report = try await report()
        #expect(report.text.hasPrefix("altered: \(try record), line 2, record 2: "))
        #expect(try report.json().contains(#""sequence" : 2"#))
        #expect(await StrongroomCommand.run(["audit", "verify", "--folder", audit, "--public-key", key]) == 1)
    }

    @Test func `have the status 2 when they cannot tell`() async throws {
        for arguments in [
            ["--folder", audit], ["--folder", audit + "/none", "--public-key", key],
            ["--folder", audit, "--public-key", audit + "/head.json"], ["--folder", audit, "--public-key", "/none"],
            ["--state", folder.path],
        ] {
            let failure = await #expect(throws: CommandFailure.self) {
                _ = try await AuditVerify.parse(arguments).report()
            }
            #expect(failure?.status == 2, "\(arguments)")
        }
    }

    @Test func `need to be told where the log is`() {
        #expect(throws: (any Error).self) { _ = try AuditVerify.parse([]) }
        #expect(throws: (any Error).self) { _ = try AuditTail.parse([]) }
        #expect(throws: (any Error).self) { _ = try AuditTail.parse(["--folder", "f", "-n", "-1"]) }
        #expect(throws: (any Error).self) { _ = try AuditTail.parse(["--folder", "f", "--follow", "--until", "1h"]) }
    }

    @Test func `show records in one line each, without what a terminal would act on`() async throws {
        let log = LogFolder(audit)
        let tail = try AuditTail.parse(["--folder", audit])
        let lines = try log.last(3, matching: tail.query(at: Date())).map(tail.line)
        #expect(
            lines[0] == "2026-01-01T00:00:00Z  Encrypt  ok  arn:aws:iam::111122223333:root  127.0.0.1  "
                + "alias/\u{fffd}]0;evil\u{fffd}")
        #expect(lines[1].hasSuffix("alias/\u{fffd}]0;evil\u{fffd}  no \u{fffd}"))
        #expect(lines[2] == "2026-01-01T00:00:00Z  StopLogging  ok  AWS Internal  AWS Internal  -")
    }

    @Test func `show records as they are`() async throws {
        let tail = try AuditTail.parse(["--folder", audit, "--json", "--error", "AccessDenied"])
        let records = try LogFolder(audit).last(10, matching: tail.query(at: Date()))
        #expect(records.count == 1)
        let line = try #require(records.first.map(tail.line))
        #expect(line.hasPrefix(#"{"eventVersion":"1.11","#) && !line.contains("\u{9b}"))
    }

    @Test func `understand moments, and how long ago they were`() throws {
        let now = Date(timeIntervalSince1970: 1_767_225_600)
        func since(_ text: String) throws -> Timestamp? {
            try AuditTail.parse(["--folder", "f", "--since", text]).query(at: now).since
        }
        #expect(try since("2h") == Timestamp(seconds: 1_767_218_400))
        #expect(try since("2026-01-01T00:00:00Z") == Timestamp(seconds: 1_767_225_600))
        expectFailure(saying: "--since yesterday is no time", "2h") { _ = try since("yesterday") }
    }
}
