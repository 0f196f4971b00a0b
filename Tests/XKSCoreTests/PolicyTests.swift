import KMSCore
import KMSPolicy
import KMSTesting
import Synchronization
import Testing

@testable import XKSCore

@Suite struct `A store's policy` {
    private func rig(_ policy: String?) async throws -> Rig {
        let rig = try await Rig()
        try await rig.store()
        try await rig.key()
        if let policy { _ = try await rig.stores.setPolicy(policy, of: "acme", by: rig.context()) }
        return rig
    }

    private func policy(_ statement: String) -> String { "{\"Version\":\"2012-10-17\",\"Statement\":[\(statement)]}" }

    private func isAllowed(
        _ rig: Rig, _ operation: XKSOperation = .encrypt, _ edit: (inout XKSRequestMetadata) -> Void = { _ in }
    ) -> Bool {
        var metadata = XKSRequestMetadata.sample
        edit(&metadata)
        do {
            _ = try rig.exposed(for: operation, metadata)
            return true
        } catch {
            return false
        }
    }

    @Test func `is not needed: AWS KMS has asked its key policies`() async throws {
        let rig = try await rig(nil)
        #expect(isAllowed(rig) && isAllowed(rig) { $0.awsPrincipalARN = "AWS Internal" })
    }

    @Test func `names users, roles by their sessions, accounts and services`() async throws {
        let alice = "arn:aws:iam::123456789012:user/alice"
        let role = "arn:aws:iam::123456789012:role/app"
        let session = "arn:aws:sts::123456789012:assumed-role/app/one"
        for (principal, allowed, refused) in [
            (#""AWS":"\#(alice)""#, [alice], [alice + "2", role, session, "AWS Internal"]),
            (#""AWS":"\#(role)""#, [session, role], [alice, "arn:aws:sts::123456789012:assumed-role/app2/one"]),
            (
                #""AWS":"123456789012""#, [alice, session, "arn:aws:iam::123456789012:root"],
                ["arn:aws:iam::210987654321:user/alice", "AWS Internal"]
            ),
            (#""Service":"ec2.amazonaws.com""#, ["ec2.amazonaws.com"], ["s3.amazonaws.com", alice]),
            (#""AWS":"*""#, [alice, "AWS Internal", "anything at all"], []),
        ] {
            let rig = try await rig(
                policy(#"{"Effect":"Allow","Principal":{\#(principal)},"Action":"*","Resource":"*"}"#))
            for arn in allowed { #expect(isAllowed(rig) { $0.awsPrincipalARN = arn }, "\(principal) \(arn)") }
            for arn in refused { #expect(!isAllowed(rig) { $0.awsPrincipalARN = arn }, "\(principal) \(arn)") }
        }
    }

    @Test(arguments: [
        (#""StringEquals":{"kms:ViaService":"s3.eu-central-1.amazonaws.com"}"#, "via"),
        (#""StringEquals":{"aws:SourceVpc":"vpc-1"}"#, "vpc"), (#""StringEquals":{"aws:SourceVpce":"vpce-1"}"#, "vpce"),
        (#""StringEquals":{"xks:KmsOperation":"GenerateDataKey"}"#, "operation"),
        (#""ArnLike":{"xks:KmsKeyArn":"arn:aws:kms:*:*:key/9*"}"#, "key"),
        (#""StringEquals":{"aws:PrincipalAccount":"999999999999"}"#, "account"),
    ])
    func `looks at what AWS KMS tells of the request`(condition: String, what: String) async throws {
        let rig = try await rig(
            policy(
                #"{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*","Condition":{\#(condition)}}"#))
        #expect(!isAllowed(rig))
        #expect(
            isAllowed(rig) { metadata in
                switch what {
                case "via": metadata.kmsViaService = "s3.eu-central-1.amazonaws.com"
                case "vpc": metadata.awsSourceVPC = "vpc-1"
                case "vpce": metadata.awsSourceVPCE = "vpce-1"
                case "operation": metadata.kmsOperation = "GenerateDataKey"
                case "key": metadata.kmsKeyARN = "arn:aws:kms:eu-central-1:1:key/9abc"
                default: metadata.awsPrincipalARN = "arn:aws:iam::999999999999:user/a"
                }
            })
    }

    @Test func `binds one external key to one caller, and one operation`() async throws {
        let rig = try await rig(
            policy(
                #"{"Effect":"Allow","Principal":"*","Action":"kms-xks-proxy:Encrypt","Resource":"*","#
                    + #""Condition":{"StringEquals":{"xks:ExternalKeyId":"one"}}}"#))
        try await rig.key("two")
        #expect(isAllowed(rig) && !isAllowed(rig, .decrypt))
        await expect(.accessDenied) { _ = try rig.exposed("two") }
    }

    @Test func `denies in spite of whatever allows, and the statement is told for the record`() async throws {
        let rig = try await rig(
            policy(
                #"{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"},"#
                    + #"{"Sid":"NotAlice","Effect":"Deny","Action":"*","Resource":"*","#
                    + #""Principal":{"AWS":"arn:aws:iam::123456789012:user/alice"}}"#))
        let entry = try #require(rig.stores.table.withLock { $0.stores["acme"] })
        var noted: AuditRecord.DecisionNote?
        await expect(.accessDenied) {
            _ = try rig.stores.resolve("one", of: entry, for: .encrypt, .sample) { noted = $0 }
        }
        let reason = try #require(noted?.decision.reason)
        #expect(reason == .denied(by: .proxyPolicy, statement: .init(index: 1, sid: "NotAlice")))
        #expect(isAllowed(rig) { $0.awsPrincipalARN = "arn:aws:iam::123456789012:user/bob" })
    }

    @Test func `that is none is refused, and what stands stays`() async throws {
        let rig = try await rig(nil)
        await expect(.malformedPolicy) {
            _ = try await rig.stores.setPolicy("{}", of: "acme", by: rig.context())
        }
        await expect(.limitExceeded) {
            _ = try await rig.stores.setPolicy(
                String(repeating: " ", count: 1 << 20), of: "acme", by: rig.context())
        }
        #expect(isAllowed(rig))
    }

    @Test func `that cannot be read any more lets nobody through`() async throws {
        let rig = try await rig(nil)
        var store = try #require(try await rig.metadata.load().xksStores.first)
        store.policy = "{ }"
        try await rig.metadata.commit([.saveXKSStore(store)])
        let (_, stores) = try await rig.restarted()
        let entry = try #require(stores.table.withLock { $0.stores["acme"] })
        await expect(.accessDenied) { _ = try stores.resolve("one", of: entry, for: .encrypt, .sample) { _ in } }
    }
}
