import KMSPolicy
import Testing

@Suite struct `A grant` {
    private let everything = #"{"Effect": "Allow", "Action": "kms:*", "Resource": "*"}"#
    private let nothing = #"{"Effect": "Allow", "Action": "kms:Sign", "Resource": "*"}"#

    private func decision(
        _ grants: GrantPermission..., by caller: PolicyCaller = .user("alice"),
        _ policies: CallerPolicies = CallerPolicies(),
        action: String = "kms:Decrypt", request: RequestValues = [:], encryptionContext: [String: String]? = nil
    ) throws -> Decision {
        let keyPolicy = try CompiledPolicy.key(
            """
            {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:user/owner"}, "Action": "kms:*",
             "Resource": "*"}
            """)
        return Decision.onKey(
            keyPolicy, by: caller, policies, action: action, request: request, encryptionContext: encryptionContext,
            grants: grants)
    }

    private func grant(
        to arn: String = "arn:aws:iam::111122223333:user/alice", id: String? = nil,
        _ operations: Set<String> = ["Decrypt"],
        _ constraint: GrantPermission.Constraint? = nil, sourceARN: String? = nil
    ) -> GrantPermission {
        GrantPermission(
            id: "g1", grantee: .principal(arn: arn, uniqueID: id), operations: operations, constraint: constraint,
            sourceARN: sourceARN)
    }

    @Test func `allows its operations without any policy`() throws {
        #expect(try decision(grant()).reason == .allowed(by: .grant(id: "g1"), statement: nil))
        #expect(try decision(grant(), action: "kms:Encrypt").reason == .notAllowed(by: .identityPolicy))
        #expect(try decision(grant([]), action: "kms:Decrypt").reason == .notAllowed(by: .identityPolicy))
    }

    @Test(arguments: [
        ("arn:aws:iam::111122223333:user/alice", PolicyCaller.user("alice"), true),
        ("arn:aws:iam::111122223333:user/alice", .user("bob"), false),
        ("arn:aws:iam::111122223333:user/alice", .user("alice", of: Home.otherAccount), false),
        ("arn:aws:iam::111122223333:user/alice", .root(), false),
        ("arn:aws:iam::111122223333:role/app", .session("s", of: "app"), true),
        ("arn:aws:iam::111122223333:role/app", .session("s", of: "other"), false),
        ("arn:aws:sts::111122223333:assumed-role/app/s", .session("s", of: "app"), true),
        ("arn:aws:sts::111122223333:assumed-role/app/s", .session("t", of: "app"), false),
        ("arn:aws:sts::111122223333:federated-user/f", .federated("f", by: "alice"), true),
        ("arn:aws:iam::111122223333:root", .root(), true),
        ("arn:aws:iam::444455556666:user/bob", .user("bob", of: Home.otherAccount), true),
        ("arn:aws:iam::444455556666:root", .root(of: Home.otherAccount), true),
        ("arn:aws:iam::111122223333:user/*", .user("alice"), false),
        ("*", .user("alice"), false),
    ])
    func `is its grantee's`(arn: String, caller: PolicyCaller, allows: Bool) throws {
        #expect(try decision(grant(to: arn), by: caller).isAllowed == allows)
    }

    @Test func `is not another's of the same name`() throws {
        #expect(try decision(grant(id: "AIDAold"), by: .user("alice", id: "AIDAold")).isAllowed)
        #expect(try !decision(grant(id: "AIDAold"), by: .user("alice", id: "AIDAnew")).isAllowed)
        let role = grant(to: "arn:aws:iam::111122223333:role/app", id: "AROAold")
        #expect(try decision(role, by: .session("s", of: "app", roleID: "AROAold")).isAllowed)
        #expect(try !decision(role, by: .session("s", of: "app", roleID: "AROAnew")).isAllowed)
    }

    @Test func `to a service is that service's`() throws {
        let grant = GrantPermission(id: "g", grantee: .service("rds.amazonaws.com"), operations: ["Decrypt"])
        #expect(try decision(grant, by: .service("rds.amazonaws.com")).isAllowed)
        #expect(try !decision(grant, by: .service("ec2.amazonaws.com")).isAllowed)
        #expect(try !decision(grant, by: .user("rds.amazonaws.com")).isAllowed)
    }

    @Test func `to an account has to be passed on by identity policies`() throws {
        let policies = CallerPolicies(identity: [try .identity(everything)])
        for (account, caller) in [
            (Home.account, PolicyCaller.user("alice")), (Home.otherAccount, .user("bob", of: Home.otherAccount)),
        ] {
            let grant = grant(to: "arn:aws:iam::\(account):root")
            #expect(try decision(grant, by: caller, policies).isAllowed)
            #expect(try !decision(grant, by: caller).isAllowed)
        }
        #expect(try !decision(grant(to: "arn:aws:iam::111122223333:root"), by: .service("rds.amazonaws.com")).isAllowed)
    }

    @Test func `is limited by a boundary and a session policy`() throws {
        for (arn, caller) in [
            ("arn:aws:iam::111122223333:role/app", PolicyCaller.session("s", of: "app")),
            ("arn:aws:sts::111122223333:assumed-role/app/s", .session("s", of: "app")),
            ("arn:aws:iam::111122223333:user/alice", .user("alice")),
        ] {
            #expect(
                try !decision(grant(to: arn), by: caller, CallerPolicies(boundary: try .boundary(nothing))).isAllowed)
            #expect(
                try !decision(grant(to: arn), by: caller, CallerPolicies(session: [try .session(nothing)])).isAllowed)
            let limits = CallerPolicies(boundary: try .boundary(everything), session: [try .session(everything)])
            #expect(try decision(grant(to: arn), by: caller, limits).isAllowed)
        }
    }

    @Test func `that equals an encryption context admits that one only`() throws {
        let grant = grant(["Decrypt"], .encryptionContextEquals(["Team": "Blue", "é": "x"]))
        func admits(_ context: [String: String]?) throws -> Bool {
            try decision(grant, encryptionContext: context).isAllowed
        }
        #expect(try admits(["é": "x", "Team": "Blue"]))
        for context in [
            nil, [:], ["Team": "Blue"], ["Team": "Blue", "é": "x", "more": "x"], ["team": "Blue", "é": "x"],
            ["Team": "blue", "é": "x"], ["Team": "Blue", "e\u{301}": "x"],
        ] {
            #expect(try !admits(context))
        }
    }

    @Test func `with a subset of an encryption context admits those that have it`() throws {
        let grant = grant(["Decrypt"], .encryptionContextSubset(["Team": "Blue"]))
        func admits(_ context: [String: String]?) throws -> Bool {
            try decision(grant, encryptionContext: context).isAllowed
        }
        #expect(try admits(["Team": "Blue"]))
        #expect(try admits(["Team": "Blue", "more": "x"]))
        for context in [nil, [:], ["Team": "Red"], ["team": "Blue"], ["more": "x"]] { #expect(try !admits(context)) }
    }

    @Test func `constrains what its operations have`() throws {
        let grant = grant(
            ["DescribeKey", "RetireGrant"], .encryptionContextEquals(["a": "b"]), sourceARN: "arn:aws:s3:::bucket")
        func isAllowed(_ action: String, _ request: RequestValues) throws -> Bool {
            try decision(grant, action: action, request: request).isAllowed
        }
        #expect(try isAllowed("kms:DescribeKey", ["aws:SourceArn": .one("arn:aws:s3:::bucket")]))
        #expect(try !isAllowed("kms:DescribeKey", [:]))
        #expect(try isAllowed("kms:RetireGrant", [:]))
    }

    @Test func `with a source admits requests that a matching resource caused`() throws {
        let grant = grant(["Decrypt"], sourceARN: "arn:aws:s3:*:111122223333:bucket/*")
        func admits(_ source: ConditionValues) throws -> Bool {
            try decision(grant, request: ["aws:SourceArn": source]).isAllowed
        }
        #expect(try admits(.one("arn:aws:s3:us-east-1:111122223333:bucket/a")))
        #expect(try !admits(.one("arn:aws:s3:us-east-1:444455556666:bucket/a")))
        #expect(try !admits(.one("bucket/a")))
        #expect(try !admits(.absent))
        let garbled = self.grant(["Decrypt"], sourceARN: "*")
        #expect(try !decision(garbled, request: ["aws:SourceArn": .one("*")]).isAllowed)
    }

    @Test func `that does not fit leaves the next one to decide`() throws {
        let other = GrantPermission(
            id: "g2", grantee: .principal(arn: "arn:aws:iam::111122223333:user/alice", uniqueID: nil),
            operations: ["Decrypt"])
        let decision = try decision(grant(["Encrypt"]), grant(id: "AIDAold"), other)
        #expect(decision.reason == .allowed(by: .grant(id: "g2"), statement: nil))
    }

    @Test func `is not looked for when policies decide`() throws {
        let question = PolicyQuestion(action: "kms:Decrypt", resource: Home.key, context: RequestValues())
        for (effect, isAllowed) in [("Allow", true), ("Deny", false)] {
            let keyPolicy = try CompiledPolicy.key(
                #"{"Effect": "\#(effect)", "Principal": "*", "Action": "*", "Resource": "*"}"#)
            let decision = Decision.onKey(
                question, by: .user("alice"), CallerPolicies(), keyPolicy: keyPolicy, keyAccount: Home.account,
                worksAcrossAccounts: true, encryptionContext: nil
            ) {
                Issue.record("grants were asked for")
                return []
            }
            #expect(decision.isAllowed == isAllowed)
        }
    }
}
