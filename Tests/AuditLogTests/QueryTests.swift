import AuditLog
import Foundation
import KMSCore
import KMSPolicy
import KMSTesting
import Testing

@Suite(.timeLimit(.minutes(2))) struct `Looking up records` {
    let rig: Rig

    init() throws {
        rig = try Rig()
    }

    private static let key = "arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"

    private func record(
        _ name: String, key: String? = nil, user: String, error: String? = nil, alias: String? = nil
    ) -> AuditRecord {
        let arn = "arn:aws:iam::111122223333:user/team/\(user)"
        let caller = CallerIdentity(
            principal: Principal(account: Rig.account, arn: arn),
            policyCaller: PolicyCaller(
                kind: .user, account: "111122223333", arn: arn, userID: "AIDA\(user.uppercased())"),
            policies: CallerPolicies(), userName: user, accessKeyID: "AKIA\(user.uppercased())")
        return AuditRecord(
            id: .randomUUID(), date: rig.clock.now, source: "kms.amazonaws.com", name: name, region: "eu-central-1",
            caller: caller, origin: CallOrigin(), requestID: .randomUUID(),
            requestParameters: alias.map { .object(("keyId", .string($0))) },
            error: error.map { .init(code: $0, message: "no") },
            resources: key.map { [.init(arn: $0, account: Rig.account, type: "AWS::KMS::Key")] } ?? [],
            isReadOnly: true, recipient: Rig.account)
    }

    private func write() async throws {
        let log = try await rig.begin { $0.maximumFileSize = 2048 }
        func write(
            _ name: String, key: String? = nil, user: String, error: String? = nil, alias: String? = nil
        ) throws {
            try log.append(record(name, key: key, user: user, error: error, alias: alias))
            rig.clock.advance(bySeconds: 60)
        }
        try write("Encrypt", key: Self.key, user: "alice")
        try write("Decrypt", key: Self.key, user: "bob")
        try write("Decrypt", user: "bob", error: "NotFoundException", alias: "alias/lost")
        try write("CreateKey", user: "alice")
        try write("Decrypt", key: Self.key, user: "carol", error: "AccessDeniedException")
        await log.close()
    }

    private func names(_ count: Int = 50, _ ask: (inout AuditQuery) -> Void) throws -> [String] {
        var query = AuditQuery()
        ask(&query)
        return try rig.folder.last(count, matching: query).map { record in
            let event = try #require(AuditEvent(record))
            return (event.userIdentity.userName ?? "server") + " " + event.eventName
        }
    }

    @Test func `finds them by key, principal, event, error and time`() async throws {
        try await write()
        let all = ["alice Encrypt", "bob Decrypt", "carol Decrypt"]
        for key in [Self.key, "1234abcd-12ab-34cd-56ef-1234567890ab"] { #expect(try names { $0.key = key } == all) }
        #expect(try names { $0.key = "alias/lost" } == ["bob Decrypt"])
        for bob in ["bob", "AIDABOB", "AKIABOB", "arn:aws:iam::111122223333:user/team/bob"] {
            #expect(try names { $0.principal = bob } == ["bob Decrypt", "bob Decrypt"])
        }
        #expect(try names { $0.event = "createkey" } == ["alice CreateKey"])
        #expect(try names { $0.error = "AccessDenied" } == ["carol Decrypt"])
        #expect(try names { $0.error = "NotFoundException" } == ["bob Decrypt"])
        let start = Timestamp(seconds: 1_767_225_600)
        let late = Timestamp(milliseconds: start.milliseconds + 180_000)
        #expect(try names { ($0.since, $0.event) = (late, "Decrypt") } == ["carol Decrypt"])
        #expect(try names { ($0.until, $0.principal) = (start, "alice") } == ["alice Encrypt"])
        #expect(try names { ($0.key, $0.event, $0.principal) = (Self.key, "Decrypt", "bob") } == ["bob Decrypt"])
        #expect(try names { $0.key = "\"" }.isEmpty)
    }

    @Test func `gives the last ones, in their order, from however many files`() async throws {
        try await write()
        #expect(try rig.files().count > 2)
        #expect(try names(2) { $0.event = "Decrypt" } == ["bob Decrypt", "carol Decrypt"])
        #expect(try names(0) { _ in }.isEmpty)
        #expect(try names(100) { _ in }.count == 7)
    }

    @Test func `goes on with what is written later, over the end of a file`() async throws {
        let log = try await rig.begin { $0.maximumFileSize = 2048 }
        var reader = try AuditReader(rig.folder, from: try #require(rig.folder.list().records.last))
        var seen: [String] = []
        func read() throws {
            try reader.read { record in
                AuditQuery().match(record).flatMap(AuditEvent.init).map { seen.append($0.eventName) }
            }
        }
        try read()
        for round in 0..<5 {
            try await log.append(durably: [rig.item("A\(round)"), rig.item("B\(round)")])
            try read()
        }
        #expect(seen == ["StartLogging"] + (0..<5).flatMap { ["A\($0)", "B\($0)"] })
        #expect(try rig.files().count > 2)
        await log.close()
    }
}
