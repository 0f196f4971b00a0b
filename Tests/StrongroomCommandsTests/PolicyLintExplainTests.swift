import ArgumentParser
import Foundation
import KMSCore
import KMSTesting
import Testing

@testable import StrongroomCommands

struct PolicyLintExplainTests {
    private static let account = Scope.sample.account
    private let now = Timestamp(milliseconds: 1_800_000_000_000)
    private let key: Key
    private let image: MetadataImage
    private let ann = "arn:aws:iam::111122223333:user/ann"

    init() throws {
        var key = Key.sample()
        key.policy = """
            {"Version": "2012-10-17", "Statement": [
              {"Sid": "Enable IAM User Permissions", "Effect": "Allow",
               "Principal": {"AWS": "arn:aws:iam::111122223333:root"}, "Action": "kms:*", "Resource": "*"},
              {"Sid": "App", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/app"},
               "Action": "kms:Decrypt", "Resource": "*",
               "Condition": {"StringEquals": {"kms:EncryptionContext:app": "pay"},
                             "IpAddress": {"aws:SourceIp": "192.0.2.0/24"}}},
              {"Effect": "Deny", "Principal": "*", "Action": "kms:ScheduleKeyDeletion", "Resource": "*"}
            ]}
            """
        self.key = key
        let allowEncrypt = """
            {"Version": "2012-10-17", "Statement":
              {"Effect": "Allow", "Action": ["kms:Encrypt", "kms:ListKeys"], "Resource": "*"}}
            """
        var image = MetadataImage(keys: [key], aliases: [.sample("alias/payroll", of: key)])
        image.accounts = [Account(id: Self.account, name: "ours", creationDate: now)]
        image.identities = [
            Self.identity(.user, "ann", "AIDAEXAMPLEANN000000", inline: ["encrypt": allowEncrypt]),
            Self.identity(.user, "bob", "AIDAEXAMPLEBOB000000"), Self.identity(.role, "app", "AROAEXAMPLEAPP000000"),
        ]
        image.grants = [
            Grant(
                id: String(repeating: "ab", count: 32), key: key.address, name: "", creationDate: now,
                granteePrincipal: "arn:aws:iam::111122223333:user/bob", granteeID: "AIDAEXAMPLEBOB000000",
                issuingAccount: "arn:aws:iam::111122223333:root", operations: ["GenerateDataKey"])
        ]
        self.image = image
    }

    private static func identity(
        _ kind: Identity.Kind, _ name: String, _ id: String, inline: [String: String] = [:]
    ) -> Identity {
        var identity = Identity(
            key: Identity.Key(account: account, kind: kind, name: name), uniqueID: id,
            creationDate: Timestamp(milliseconds: 0))
        identity.inlinePolicies = inline
        return identity
    }

    private func explain(_ principal: String, _ action: String, _ more: String...) throws -> AccessExplanation {
        let arguments = ["--state", "nowhere", "--principal", principal, "--action", action] + more
        return try PolicyExplain.parse(arguments).explanation(in: image, regions: ["eu-central-1"], at: now)
    }

    @Test func `a delegated action names the identity policy that allows it`() throws {
        let explanation = try explain(ann, "kms:Encrypt", "--key", "alias/payroll")
        #expect(explanation.isAllowed)
        #expect(
            explanation.text == """
                allowed          kms:Encrypt on \(key.address.arn)
                principal        \(ann)
                because          Statement[0] of the identity policy encrypt allows it
                """)
    }

    @Test func `a refusal says what would be needed`() throws {
        let explanation = try explain(ann, "Decrypt", "--key", key.address.arn)
        #expect(!explanation.isAllowed)
        #expect(explanation.text.hasPrefix("denied           kms:Decrypt on \(key.address.arn)\n"))
        #expect(explanation.text.contains("no identity-based policy allows it"))
        #expect(explanation.text.contains("needed           an identity policy that allows \(ann) kms:Decrypt"))
        #expect(explanation.text.contains("or a grant"))
    }

    @Test func `conditions are asked of what is given, and what is not given is listed`() throws {
        let role = "arn:aws:iam::111122223333:role/app"
        let named = ["--key", key.address.id.description, "--encryption-context", "app=pay"]
        let without = try explain(role, "kms:Decrypt", named[0], named[1], named[2], named[3])
        #expect(!without.isAllowed)
        #expect(without.text.contains("without a value  aws:SourceIp"))
        let with = try explain(
            role, "kms:Decrypt", named[0], named[1], named[2], named[3], "--condition", "aws:SourceIp=192.0.2.7")
        #expect(with.isAllowed)
        #expect(with.text.contains("statement \"App\" (Statement[1]) of the key policy allows it"))
        let other = try explain(
            role, "kms:Decrypt", "--key", "alias/payroll", "--encryption-context", "app=other", "--condition",
            "aws:SourceIp=192.0.2.7")
        #expect(!other.isAllowed)
    }

    @Test func `an explicit deny is told with its statement`() throws {
        let explanation = try explain(
            "arn:aws:iam::111122223333:root", "kms:ScheduleKeyDeletion", "--key", "alias/payroll")
        #expect(explanation.text.contains("Statement[2] of the key policy denies it"))
        let answer = try JSONDecoder().decode(Answer.self, from: Data(explanation.json().utf8))
        #expect(!answer.allowed && answer.decisions.map(\.decision) == ["explicitDeny"])
        #expect(answer.decisions[0].policy == "the key policy" && answer.decisions[0].statement == 2)
    }

    @Test func `a grant is told by its id`() throws {
        let explanation = try explain(
            "arn:aws:iam::111122223333:user/bob", "kms:GenerateDataKey", "--key", "alias/payroll")
        #expect(explanation.isAllowed)
        #expect(explanation.text.contains("the grant abab"))
    }

    @Test func `an action on an account has no key, and one on an alias is decided twice`() throws {
        #expect(try explain(ann, "kms:ListKeys").isAllowed)
        let alias = try explain(ann, "kms:UpdateAlias", "--key", "alias/payroll")
        #expect(alias.outcomes.map(\.resource) == [Scope.sample.aliasARN("alias/payroll"), key.address.arn])
        #expect(throws: CommandFailure.self) { try explain(ann, "kms:ListKeys", "--key", "alias/payroll") }
        #expect(throws: CommandFailure.self) { try explain(ann, "kms:Decrypt") }
    }

    @Test(arguments: [
        ["kms:Decript", "--key", "alias/payroll"], ["kms:*", "--key", "alias/payroll"],
        ["kms:Decrypt", "--key", "alias/payroll", "--encryption-context", "novalue"],
        ["kms:Decrypt", "--key", "alias/payroll", "--encryption-context", "a=1", "--encryption-context", "a=2"],
        ["kms:DescribeKey", "--key", "alias/payroll", "--encryption-context", "a=1"],
        ["kms:Decrypt", "--key", "alias/payroll", "--condition", "SourceIp=192.0.2.1"],
        ["kms:Decrypt", "--key", "alias/payroll", "--region", "nowhere"],
    ])
    func `what cannot be asked is refused with a hint`(arguments: [String]) throws {
        let failure = #expect(throws: CommandFailure.self) {
            try PolicyExplain.parse(["--state", "nowhere", "--principal", ann, "--action"] + arguments)
                .explanation(in: image, regions: ["eu-central-1"], at: now)
        }
        #expect(failure?.hint?.isEmpty == false)
    }

    @Test func `principals and keys that are not there are told`() throws {
        #expect(throws: KMSError.self) {
            try explain("arn:aws:iam::111122223333:user/nobody", "kms:Decrypt", "--key", "alias/payroll")
        }
        #expect(throws: KMSError.self) { try explain(ann, "kms:Decrypt", "--key", "alias/nothing") }
    }

    private struct Answer: Decodable {
        struct Decision: Decodable {
            let resource, decision, reason: String
            let policy: String?
            let statement: Int?
        }

        let allowed: Bool
        let decisions: [Decision]
    }
}
