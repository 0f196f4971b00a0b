import KMSPolicy
import Testing

private let everything = #"{"Effect": "Allow", "Action": "*", "Resource": "*"}"#
private let keysOnly = #"{"Effect": "Allow", "Action": "kms:*", "Resource": "*"}"#

@Suite struct `What identity policies decide alone` {
    private func decision(_ caller: PolicyCaller, _ policies: CallerPolicies) -> Decision {
        let question = PolicyQuestion(action: "iam:CreateUser", resource: "*", context: RequestValues())
        return Decision.byIdentity(question, by: caller, policies)
    }

    @Test func `any of them can allow`() throws {
        let policies = CallerPolicies(identity: [try .identity(keysOnly), try .identity(everything)])
        let reason = decision(.user("alice"), policies).reason
        #expect(
            reason
                == .allowed(by: .identityPolicy("inline"), statement: Decision.StatementName(index: 0, sid: nil)))
        let none = CallerPolicies(identity: [try .identity(keysOnly)])
        #expect(decision(.user("alice"), none).reason == .notAllowed(by: .identityPolicy))
        #expect(decision(.user("alice"), CallerPolicies()).reason == .notAllowed(by: .identityPolicy))
    }

    @Test func `a boundary and a session policy limit`() throws {
        let boundary = CallerPolicies(identity: [try .identity(everything)], boundary: try .boundary(keysOnly))
        #expect(decision(.user("alice"), boundary).reason == .notAllowed(by: .permissionsBoundary))
        let session = CallerPolicies(identity: [try .identity(everything)], session: [try .session(keysOnly)])
        #expect(decision(.session("s", of: "app"), session).reason == .notAllowed(by: .sessionPolicy))
    }

    @Test func `the root is allowed by being it, and denied by a deny`() throws {
        #expect(decision(.root(), CallerPolicies()).reason == .allowedToRoot)
        let denied = CallerPolicies(identity: [
            try .identity(#"{"Effect": "Deny", "Action": "iam:*", "Resource": "*"}"#)
        ])
        #expect(!decision(.root(), denied).isAllowed)
    }

    @Test func `a service has them too`() throws {
        let service = PolicyCaller.service("ec2.amazonaws.com")
        #expect(decision(service, CallerPolicies(identity: [try .identity(everything)])).isAllowed)
        #expect(!decision(service, CallerPolicies()).isAllowed)
    }
}

@Suite struct `Assuming a role` {
    private func decision(
        _ principal: String, _ caller: PolicyCaller, _ policies: CallerPolicies = CallerPolicies(),
        action: String = "sts:AssumeRole"
    ) throws -> Decision {
        let trust = #"{"Effect": "Allow", "Principal": \#(principal), "Action": "sts:AssumeRole"}"#
        let question = PolicyQuestion(
            action: action, resource: "arn:aws:iam::111122223333:role/app", context: RequestValues())
        return Decision.onRole(
            question, by: caller, policies, trustPolicy: try .trust(trust), roleAccount: Home.account)
    }

    private let trusted = Decision.Reason.allowed(
        by: .trustPolicy, statement: Decision.StatementName(index: 0, sid: nil))

    @Test(arguments: [
        (#"{"AWS": "arn:aws:iam::111122223333:user/alice"}"#, PolicyCaller.user("alice")),
        (#"{"AWS": "arn:aws:iam::111122223333:role/other"}"#, .session("s", of: "other")),
        (#"{"AWS": "111122223333"}"#, .root()), (#"{"Service": "ec2.amazonaws.com"}"#, .service("ec2.amazonaws.com")),
    ])
    func `is for whom the role trusts by name`(principal: String, caller: PolicyCaller) throws {
        #expect(try decision(principal, caller).reason == trusted)
        #expect(try !decision(principal, caller, action: "sts:TagSession").isAllowed)
    }

    @Test func `is for whom the trusted account lets`() throws {
        let policies = CallerPolicies(identity: [try .identity(everything)])
        let account = #"{"AWS": "111122223333"}"#
        #expect(try decision(account, .user("alice"), policies).isAllowed)
        #expect(try decision(account, .user("alice")).reason == .notAllowed(by: .identityPolicy))
        #expect(
            try decision(account, .service("ec2.amazonaws.com"), policies).reason == .notAllowed(by: .resourcePolicy))
    }

    @Test func `needs both accounts from another one`() throws {
        let policies = CallerPolicies(identity: [try .identity(everything)])
        let bob = PolicyCaller.user("bob", of: Home.otherAccount)
        for principal in [#"{"AWS": "444455556666"}"#, #"{"AWS": "arn:aws:iam::444455556666:user/bob"}"#] {
            #expect(try decision(principal, bob, policies).isAllowed)
            #expect(try decision(principal, bob).reason == .notAllowed(by: .identityPolicy))
        }
        #expect(try decision(#"{"AWS": "111122223333"}"#, bob, policies).reason == .notAllowed(by: .resourcePolicy))
    }

    @Test func `is refused to whom the trust policy or their own denies`() throws {
        let policies = CallerPolicies(identity: [
            try .identity(everything), try .identity(#"{"Effect": "Deny", "Action": "sts:*", "Resource": "*"}"#),
        ])
        let decision = try decision(#"{"AWS": "arn:aws:iam::111122223333:user/alice"}"#, .user("alice"), policies)
        #expect(
            decision.reason
                == .denied(by: .identityPolicy("inline"), statement: Decision.StatementName(index: 0, sid: nil)))
    }
}

@Suite struct `The end of a refusal` {
    @Test(arguments: [
        (
            Decision.Reason.notAllowed(by: .identityPolicy),
            "because no identity-based policy allows the kms:Decrypt action"
        ),
        (.notAllowed(by: .resourcePolicy), "because no resource-based policy allows the kms:Decrypt action"),
        (.notAllowed(by: .permissionsBoundary), "because no permissions boundary allows the kms:Decrypt action"),
        (.notAllowed(by: .sessionPolicy), "because no session policy allows the kms:Decrypt action"),
        (.notAcrossAccounts, "because no resource-based policy allows the kms:Decrypt action"),
        (.denied(by: .keyPolicy, statement: statement), "with an explicit deny in a resource-based policy"),
        (.denied(by: .trustPolicy, statement: statement), "with an explicit deny in a resource-based policy"),
        (.denied(by: .identityPolicy("p"), statement: statement), "with an explicit deny in an identity-based policy"),
        (
            .denied(by: .permissionsBoundary("b"), statement: statement),
            "with an explicit deny in a permissions boundary"
        ),
        (.denied(by: .sessionPolicy, statement: statement), "with an explicit deny in a session policy"),
        (.allowed(by: .keyPolicy, statement: statement), ""), (.allowedToRoot, ""),
    ])
    func `is AWS's`(reason: Decision.Reason, text: String) {
        #expect(Decision(reason).refusal(of: "kms:Decrypt") == text)
    }

    private static let statement = Decision.StatementName(index: 0, sid: nil)
}
