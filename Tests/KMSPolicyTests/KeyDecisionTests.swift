import KMSPolicy
import Testing

private let everything = #"{"Effect": "Allow", "Action": "kms:*", "Resource": "*"}"#

private func allow(_ principal: String, _ action: String = "kms:*") -> String {
    #"{"Sid": "Use", "Effect": "Allow", "Principal": \#(principal), "Action": "\#(action)", "Resource": "*"}"#
}

private func deny(_ principal: String) -> String {
    #"{"Sid": "No", "Effect": "Deny", "Principal": \#(principal), "Action": "kms:*", "Resource": "*"}"#
}

private func aws(_ principal: String) -> String { #"{"AWS": "\#(principal)"}"# }

private let account = aws(Home.account)
private let alice = aws("arn:aws:iam::111122223333:user/alice")
private let app = aws("arn:aws:iam::111122223333:role/app")
private let appSession = aws("arn:aws:sts::111122223333:assumed-role/app/s")

private let used = Decision.StatementName(index: 0, sid: "Use")
private let byKeyPolicy = Decision.Reason.allowed(by: .keyPolicy, statement: used)
private let byInline = Decision.Reason.allowed(
    by: .identityPolicy("inline"), statement: Decision.StatementName(index: 0, sid: nil))

@Suite struct `In a key's own account` {
    @Test(arguments: [
        (alice, PolicyCaller.user("alice")), (app, .session("s", of: "app")), (appSession, .session("s", of: "app")),
        (aws("*"), .user("alice")), (#""*""#, .session("s", of: "app")), (account, .root()), (#""*""#, .root()),
        (aws("arn:aws:sts::111122223333:federated-user/f"), .federated("f", by: "alice")),
        (#"{"Service": "logs.amazonaws.com"}"#, .service("logs.amazonaws.com")),
        (#""*""#, .service("logs.amazonaws.com")),
    ])
    func `whom the key policy names needs no identity policy`(principal: String, caller: PolicyCaller) throws {
        #expect(Decision.onKey(try .key(allow(principal)), by: caller).reason == byKeyPolicy)
    }

    @Test(arguments: [
        (alice, PolicyCaller.user("bob")), (alice, .user("alice", of: Home.otherAccount)), (alice, .root()),
        (app, .session("s", of: "other")), (appSession, .session("t", of: "app")), (app, .user("app")),
        (#"{"Service": "logs.amazonaws.com"}"#, .service("ec2.amazonaws.com")),
        (#"{"Service": "logs.amazonaws.com"}"#, .user("logs.amazonaws.com")), (account, .service("logs.amazonaws.com")),
        (#"{"Federated": "accounts.google.com"}"#, .user("alice")), (#"{"CanonicalUser": "abc"}"#, .user("alice")),
    ])
    func `whom it does not name it allows nothing, whatever identity policies allow`(
        principal: String, caller: PolicyCaller
    ) throws {
        let policies = CallerPolicies(identity: [try .identity(everything)])
        let decision = Decision.onKey(try .key(allow(principal)), by: caller, policies)
        #expect(decision.reason == .notAllowed(by: .resourcePolicy))
    }

    @Test(arguments: [account, aws("arn:aws:iam::111122223333:root")])
    func `what the account is allowed, identity policies pass on`(principal: String) throws {
        let keyPolicy = try CompiledPolicy.key(allow(principal))
        for caller in [PolicyCaller.user("alice"), .session("s", of: "app"), .federated("f", by: "alice")] {
            let policies = CallerPolicies(identity: [try .identity(everything)])
            #expect(Decision.onKey(keyPolicy, by: caller, policies).reason == byInline)
            #expect(Decision.onKey(keyPolicy, by: caller).reason == .notAllowed(by: .identityPolicy))
        }
    }

    @Test func `both halves of a delegation have to be about the action`() throws {
        let keyPolicy = try CompiledPolicy.key(allow(account, "kms:Encrypt"))
        let policies = CallerPolicies(identity: [
            try .identity(#"{"Effect": "Allow", "Action": "kms:Decrypt", "Resource": "*"}"#)
        ])
        for (action, missing) in [
            ("kms:Decrypt", Decision.MissingAllow.resourcePolicy), ("kms:Encrypt", .identityPolicy),
            ("kms:Sign", .identityPolicy),
        ] {
            let decision = Decision.onKey(keyPolicy, by: .user("alice"), policies, action: action)
            #expect(decision.reason == .notAllowed(by: missing))
        }
    }

    @Test func `the statement that names the caller most closely decides`() throws {
        let keyPolicy = try CompiledPolicy.key("\(allow(account)), \(allow(app)), \(allow(appSession))")
        let decision = Decision.onKey(keyPolicy, by: .session("s", of: "app"))
        #expect(
            decision.reason == .allowed(by: .keyPolicy, statement: Decision.StatementName(index: 2, sid: "Use")))
    }

    @Test func `a policy without statements allows nobody anything`() {
        let nothing = PolicyDocument(kind: .key, version: .v2012, hasVersion: true, id: nil, statements: [])
        let decision = Decision.onKey(CompiledPolicy(nothing, source: .keyPolicy), by: .root())
        #expect(decision.reason == .notAllowed(by: .resourcePolicy))
    }
}

@Suite struct `An explicit deny` {
    private let denied = Decision.StatementName(index: 0, sid: "No")

    @Test(arguments: [#""*""#, alice, account]) func `in the key policy refuses what is allowed everywhere`(
        principal: String
    ) throws {
        let policies = CallerPolicies(identity: [try .identity(everything)])
        let keyPolicy = try CompiledPolicy.key("\(deny(principal)), \(allow(alice))")
        let grant = GrantPermission(
            id: "g", grantee: .principal(arn: PolicyCaller.user("alice").arn, uniqueID: nil), operations: ["Decrypt"])
        let decision = Decision.onKey(keyPolicy, by: .user("alice"), policies, grants: [grant])
        #expect(decision.reason == .denied(by: .keyPolicy, statement: denied))
    }

    @Test func `in any of the caller's policies refuses, and the first in order is told`() throws {
        let no = #"{"Sid": "No", "Effect": "Deny", "Action": "kms:Dec*", "Resource": "*"}"#
        let both = "\(no), \(everything)"
        let keyPolicy = try CompiledPolicy.key(allow(appSession))
        let boundary = PolicySource.permissionsBoundary("arn:aws:iam::111122223333:policy/boundary")
        for (policies, source) in [
            (CallerPolicies(identity: [try .identity(both)]), PolicySource.identityPolicy("inline")),
            (CallerPolicies(boundary: try .boundary(both)), boundary),
            (CallerPolicies(session: [try .session(everything), try .session(both)]), .sessionPolicy),
            (
                CallerPolicies(
                    identity: [try .identity(both)], boundary: try .boundary(both), session: [try .session(both)]),
                .identityPolicy("inline")
            ),
            (CallerPolicies(boundary: try .boundary(both), session: [try .session(both)]), boundary),
        ] {
            let decision = Decision.onKey(keyPolicy, by: .session("s", of: "app"), policies)
            #expect(decision.reason == .denied(by: source, statement: denied))
        }
    }

    @Test func `refuses the root and services too`() throws {
        let keyPolicy = try CompiledPolicy.key(#"\#(deny(#""*""#)), \#(allow(#""*""#))"#)
        for caller in [PolicyCaller.root(), .service("logs.amazonaws.com")] {
            let decision = Decision.onKey(keyPolicy, by: caller)
            #expect(decision.reason == .denied(by: .keyPolicy, statement: denied))
        }
    }

    @Test func `whose condition does not hold refuses nothing`() throws {
        let conditional = """
            {"Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*",
             "Condition": {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}}
            """
        let keyPolicy = try CompiledPolicy.key("\(conditional), \(allow(alice))")
        func isAllowed(_ request: RequestValues) -> Bool {
            Decision.onKey(keyPolicy, by: .user("alice"), request: request).isAllowed
        }
        #expect(isAllowed(["aws:MultiFactorAuthPresent": .one("true")]))
        #expect(!isAllowed(["aws:MultiFactorAuthPresent": .one("false")]))
        #expect(!isAllowed([:]))
    }
}

@Suite struct `NotPrincipal` {
    private func isDenied(_ names: [String], _ caller: PolicyCaller, boundary: Bool = false) throws -> Bool {
        let keyPolicy = try CompiledPolicy.key(
            """
            {"Effect": "Deny", "NotPrincipal": {"AWS": \(names)}, "Action": "*", "Resource": "*"},
            \(allow(#""*""#))
            """)
        let policies = CallerPolicies(
            identity: [try .identity(everything)], boundary: boundary ? try .boundary(everything) : nil)
        return !Decision.onKey(keyPolicy, by: caller, policies).isAllowed
    }

    private let user = "arn:aws:iam::111122223333:user/alice"
    private let role = "arn:aws:iam::111122223333:role/app"
    private let session = "arn:aws:sts::111122223333:assumed-role/app/s"

    @Test func `in a Deny spares whom it names with their account and their role`() throws {
        #expect(try !isDenied([user, Home.account], .user("alice")))
        #expect(try !isDenied([session, role, Home.account], .session("s", of: "app")))
        #expect(try !isDenied([Home.account], .root()))
        #expect(try !isDenied(["*"], .user("alice")))
    }

    @Test func `in a Deny means everybody else, and those that it names in part`() throws {
        #expect(try isDenied([user, Home.account], .user("bob")))
        #expect(try isDenied([user], .user("alice")))
        #expect(try isDenied([Home.account], .user("alice")))
        #expect(try isDenied([role, Home.account], .session("s", of: "app")))
        #expect(try isDenied([session, Home.account], .session("s", of: "app")))
        #expect(try isDenied([session, role, Home.account], .session("t", of: "app")))
        #expect(try isDenied([user], .root()))
        #expect(try isDenied([Home.account], .service("logs.amazonaws.com")))
    }

    @Test func `in a Deny means everybody with a permissions boundary`() throws {
        #expect(try isDenied([user, Home.account], .user("alice"), boundary: true))
    }

    @Test func `in an Allow names everybody but those named in any way`() throws {
        let keyPolicy = try CompiledPolicy.key(
            """
            {"Effect": "Allow", "NotPrincipal": {"AWS": ["\(role)", "\(user)"], "Service": "a.b"}, "Action": "*",
             "Resource": "*"}
            """)
        #expect(Decision.onKey(keyPolicy, by: .user("bob")).isAllowed)
        #expect(Decision.onKey(keyPolicy, by: .root()).isAllowed)
        #expect(Decision.onKey(keyPolicy, by: .service("c.d")).isAllowed)
        for caller in [PolicyCaller.user("alice"), .session("s", of: "app"), .service("a.b")] {
            #expect(!Decision.onKey(keyPolicy, by: caller).isAllowed)
        }
    }
}

@Suite struct `A boundary and a session policy` {
    private let nothing = #"{"Effect": "Allow", "Action": "kms:Encrypt", "Resource": "*"}"#
    private let session = PolicyCaller.session("s", of: "app")

    @Test func `limit what comes by the role or the account`() throws {
        let noBoundary = CallerPolicies(identity: [try .identity(everything)], boundary: try .boundary(nothing))
        let noSession = CallerPolicies(
            identity: [try .identity(everything)], boundary: try .boundary(everything), session: [try .session(nothing)]
        )
        for principal in [app, account] {
            let keyPolicy = try CompiledPolicy.key(allow(principal))
            let reasons = [noBoundary, noSession].map { Decision.onKey(keyPolicy, by: session, $0).reason }
            #expect(reasons == [.notAllowed(by: .permissionsBoundary), .notAllowed(by: .sessionPolicy)])
        }
        let federated = Decision.onKey(try .key(allow(alice)), by: .federated("f", by: "alice"), noSession)
        #expect(federated.reason == .notAllowed(by: .sessionPolicy))
    }

    @Test func `do not limit what the caller itself is allowed`() throws {
        let limits = CallerPolicies(boundary: try .boundary(nothing), session: [try .session(nothing)])
        for principal in [appSession, #""*""#] {
            #expect(Decision.onKey(try .key(allow(principal)), by: session, limits).reason == byKeyPolicy)
        }
        let boundary = CallerPolicies(boundary: try .boundary(nothing))
        #expect(Decision.onKey(try .key(allow(alice)), by: .user("alice"), boundary).reason == byKeyPolicy)
    }

    @Test func `allow nothing by themselves`() throws {
        let limits = CallerPolicies(boundary: try .boundary(everything), session: [try .session(everything)])
        let decision = Decision.onKey(try .key(allow(account)), by: session, limits)
        #expect(decision.reason == .notAllowed(by: .identityPolicy))
    }

    @Test func `pass what any of several session policies allows`() throws {
        let policies = CallerPolicies(
            identity: [try .identity(everything)], session: [try .session(nothing), try .session(everything)])
        #expect(Decision.onKey(try .key(allow(account)), by: session, policies).reason == byInline)
        let none = CallerPolicies(identity: [try .identity(everything)], session: [])
        #expect(Decision.onKey(try .key(allow(account)), by: session, none).reason == .notAllowed(by: .sessionPolicy))
    }
}

@Suite struct `From another account` {
    private let bob = PolicyCaller.user("bob", of: Home.otherAccount)
    private let bobARN = aws("arn:aws:iam::444455556666:user/bob")

    @Test func `both accounts have to allow`() throws {
        let policies = CallerPolicies(identity: [try .identity(everything)])
        for principal in [bobARN, aws(Home.otherAccount), #""*""#] {
            let keyPolicy = try CompiledPolicy.key(allow(principal))
            #expect(Decision.onKey(keyPolicy, by: bob, policies).isAllowed)
            #expect(Decision.onKey(keyPolicy, by: bob).reason == .notAllowed(by: .identityPolicy))
        }
        for principal in [account, alice, aws("arn:aws:iam::111122223333:user/bob")] {
            let decision = Decision.onKey(try .key(allow(principal)), by: bob, policies)
            #expect(decision.reason == .notAllowed(by: .resourcePolicy))
        }
    }

    @Test func `the reason is the key policy's if it names the caller, and the identity policy's if the account`()
        throws
    {
        let policies = CallerPolicies(identity: [try .identity(everything)])
        #expect(Decision.onKey(try .key(allow(bobARN)), by: bob, policies).reason == byKeyPolicy)
        #expect(Decision.onKey(try .key(allow(aws(Home.otherAccount))), by: bob, policies).reason == byInline)
    }

    @Test func `a boundary and a session policy limit every caller`() throws {
        let nothing = #"{"Effect": "Allow", "Action": "kms:Encrypt", "Resource": "*"}"#
        let keyPolicy = try CompiledPolicy.key(allow(bobARN))
        let boundary = CallerPolicies(identity: [try .identity(everything)], boundary: try .boundary(nothing))
        #expect(Decision.onKey(keyPolicy, by: bob, boundary).reason == .notAllowed(by: .permissionsBoundary))
        let session = CallerPolicies(identity: [try .identity(everything)], session: [try .session(nothing)])
        #expect(Decision.onKey(keyPolicy, by: bob, session).reason == .notAllowed(by: .sessionPolicy))
    }

    @Test func `its root needs no identity policy, but needs the key's`() throws {
        let root = PolicyCaller.root(of: Home.otherAccount)
        #expect(Decision.onKey(try .key(allow(aws(Home.otherAccount))), by: root).reason == byKeyPolicy)
        #expect(Decision.onKey(try .key(allow(account)), by: root).reason == .notAllowed(by: .resourcePolicy))
    }

    @Test func `nothing allows an action that does not work across accounts`() throws {
        let policies = CallerPolicies(identity: [try .identity(everything)])
        let keyPolicy = try CompiledPolicy.key(allow(bobARN))
        let grant = GrantPermission(
            id: "g", grantee: .principal(arn: bob.arn, uniqueID: nil), operations: ["PutKeyPolicy"])
        let decision = Decision.onKey(
            keyPolicy, by: bob, policies, action: "kms:PutKeyPolicy", worksAcrossAccounts: false, grants: [grant])
        #expect(decision.reason == .notAcrossAccounts)
        let denied = Decision.onKey(
            try .key("\(deny(bobARN)), \(allow(bobARN))"), by: bob, policies, worksAcrossAccounts: false)
        #expect(denied.reason == .denied(by: .keyPolicy, statement: Decision.StatementName(index: 0, sid: "No")))
    }

    @Test func `a service is of no account`() throws {
        let keyPolicy = try CompiledPolicy.key(allow(#"{"Service": "logs.amazonaws.com"}"#))
        var service = PolicyCaller.service("logs.amazonaws.com")
        service = PolicyCaller(kind: service.kind, account: Home.otherAccount, arn: service.arn, userID: service.userID)
        #expect(Decision.onKey(keyPolicy, by: service, worksAcrossAccounts: false).reason == byKeyPolicy)
    }
}

@Suite struct `A name that has got another owner` {
    private let ids = [
        "arn:aws:iam::111122223333:user/alice": "AIDAold", "arn:aws:iam::111122223333:role/app": "AROAold",
    ]

    @Test func `is not the one whom the policy meant`() throws {
        for (principal, old, new) in [
            (alice, PolicyCaller.user("alice", id: "AIDAold"), PolicyCaller.user("alice", id: "AIDAnew")),
            (app, .session("s", of: "app", roleID: "AROAold"), .session("s", of: "app", roleID: "AROAnew")),
        ] {
            let keyPolicy = try CompiledPolicy.key(allow(principal), principalIDs: ids)
            #expect(Decision.onKey(keyPolicy, by: old).isAllowed)
            #expect(!Decision.onKey(keyPolicy, by: new).isAllowed)
            let byName = try CompiledPolicy.key(allow(principal))
            #expect(Decision.onKey(byName, by: new).isAllowed)
            let keyPolicyThatDenies = try CompiledPolicy.key("\(deny(principal)), \(allow(#""*""#))", principalIDs: ids)
            #expect(!Decision.onKey(keyPolicyThatDenies, by: old).isAllowed)
            #expect(Decision.onKey(keyPolicyThatDenies, by: new).isAllowed)
        }
    }

    @Test func `is not who is left as a unique id`() throws {
        let keyPolicy = try CompiledPolicy.key(
            "\(allow(aws("AIDAOLDALICEOLDALICE"))), \(allow(aws("AROAOLDAPPROLEOLDAPP")))")
        #expect(Decision.onKey(keyPolicy, by: .user("alice", id: "AIDAOLDALICEOLDALICE")).isAllowed)
        #expect(Decision.onKey(keyPolicy, by: .session("s", of: "app", roleID: "AROAOLDAPPROLEOLDAPP")).isAllowed)
        #expect(!Decision.onKey(keyPolicy, by: .user("alice")).isAllowed)
        #expect(!Decision.onKey(keyPolicy, by: .session("s", of: "app")).isAllowed)
    }
}
