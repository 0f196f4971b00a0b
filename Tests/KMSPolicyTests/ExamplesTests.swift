import KMSPolicy
import Testing

/// The policies that AWS's documentation explains, in a minimal form, with what it says of them.
@Suite struct `An example of AWS's documentation` {
    @Test(arguments: Example.all) func `decides as the documentation says`(example: Example) throws {
        let keyPolicy = CompiledPolicy(
            try PolicyDocument(parsing: Example.document(example.keyPolicy), as: .key), source: .keyPolicy)
        for check in example.checks {
            let decision = try check.decision(keyPolicy, grants: example.grants)
            #expect(decision.verdict == check.verdict, "\(check): \(decision.reason)")
        }
    }

    @Test func `has a name of its own, a request that is allowed and one that is not`() {
        #expect(Set(Example.all.map(\.title)).count == Example.all.count)
        for example in Example.all {
            let verdicts = Set(example.checks.map(\.verdict))
            #expect(verdicts.contains(.allowed) && verdicts.count > 1, "\(example.title)")
        }
    }
}

struct Example: CustomTestStringConvertible {
    /// The title of the section that has it.
    let title: String
    /// Its statements.
    let keyPolicy: [String]
    let grants: [GrantPermission]
    let checks: [Check]

    init(_ title: String, _ keyPolicy: String..., grants: [GrantPermission] = [], checks: [Check]) {
        self.title = title
        self.keyPolicy = keyPolicy.isEmpty ? [Self.enableIAMPolicies] : keyPolicy
        self.grants = grants
        self.checks = checks
    }

    static var all: [Example] {
        keyPolicies + identityPolicies + keyConditions + requestConditions + globalConditions + grants
    }

    var testDescription: String { title }

    static func document(_ statements: [String]) -> String {
        "{\"Version\": \"2012-10-17\", \"Statement\": [\(statements.joined(separator: ","))]}"
    }

    static let account = "111122223333"
    static let otherAccount = "444455556666"
    static let key = "arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"

    /// What a key has whose maker gave no policy.
    static let enableIAMPolicies = """
        {"Sid": "Enable IAM User Permissions", "Effect": "Allow",
         "Principal": {"AWS": "arn:aws:iam::111122223333:root"}, "Action": "kms:*", "Resource": "*"}
        """
}

/// Somebody in an example, with their policies.
struct Actor: CustomStringConvertible {
    var caller: PolicyCaller
    var identity: [String] = []
    var boundary: [String]?
    var session: [String]?
    /// Request values that are theirs wherever they go.
    var values: [String: [String]] = [:]

    var description: String { caller.arn }

    static func root(_ account: String = Example.account) -> Actor {
        Actor(
            caller: PolicyCaller(kind: .root, account: account, arn: "arn:aws:iam::\(account):root", userID: account))
    }

    static func user(_ name: String, _ account: String = Example.account) -> Actor {
        let caller = PolicyCaller(
            kind: .user, account: account, arn: "arn:aws:iam::\(account):user/\(name)", userID: "AIDA\(name)")
        return Actor(caller: caller, values: ["aws:username": [name]])
    }

    static func role(_ name: String, _ account: String = Example.account, session: String = "session") -> Actor {
        Actor(
            caller: PolicyCaller(
                kind: .roleSession, account: account, arn: "arn:aws:sts::\(account):assumed-role/\(name)/\(session)",
                userID: "AROA\(name):\(session)", issuerARN: "arn:aws:iam::\(account):role/\(name)",
                issuerID: "AROA\(name)"))
    }

    static func service(_ name: String) -> Actor {
        Actor(
            caller: PolicyCaller(
                kind: .service(name), account: Example.account, arn: "arn:aws:iam::\(Example.account):service/\(name)",
                userID: name))
    }

    static let alice = user("alice")
    static let stranger = user("carlos", Example.otherAccount)

    /// With an identity policy of these statements.
    func having(_ statements: String...) -> Actor { changed { $0.identity += statements } }

    func bounded(by statements: String...) -> Actor { changed { $0.boundary = statements } }

    func inSession(with statements: String...) -> Actor { changed { $0.session = statements } }

    func tagged(_ key: String, _ value: String) -> Actor { changed { $0.values["aws:PrincipalTag/\(key)"] = [value] } }

    private func changed(_ change: (inout Actor) -> Void) -> Actor {
        var copy = self
        change(&copy)
        return copy
    }

    /// What it takes to do everything.
    static let everything = #"{"Effect": "Allow", "Action": "kms:*", "Resource": "*"}"#
}

/// A request, and what becomes of it.
struct Check: CustomStringConvertible {
    let verdict: ReferenceVerdict
    let actor: Actor
    let request: ReferenceRequest

    /// - Parameters:
    ///   - action: Without `kms:`.
    ///   - resource: A key, or else something that identity policies alone decide on.
    private init(
        _ verdict: ReferenceVerdict, _ action: String, _ actor: Actor, _ values: [String: [String]],
        _ context: [String: String]?, _ resource: String
    ) {
        self.verdict = verdict
        self.actor = actor
        var all = actor.values.merging(values) { $1 }
        all["kms:CallerAccount"] = [actor.caller.account]
        all["aws:PrincipalAccount"] = [actor.caller.account]
        all["aws:PrincipalArn"] = [actor.caller.principalARN]
        all["aws:userid"] = [actor.caller.userID]
        for (key, value) in context ?? [:] { all["kms:EncryptionContext:\(key)"] = [value] }
        if let context, !context.isEmpty { all["kms:EncryptionContextKeys"] = context.keys.sorted() }
        request = ReferenceRequest(
            action: "kms:" + action, resource: resource,
            values: Dictionary(uniqueKeysWithValues: all.map { ($0.lowercased(), $1) }), encryptionContext: context)
    }

    static func allowed(
        _ action: String, _ actor: Actor, _ values: [String: [String]] = [:], context: [String: String]? = nil,
        on resource: String = Example.key
    ) -> Check {
        Check(.allowed, action, actor, values, context, resource)
    }

    /// Nothing allows it.
    static func refused(
        _ action: String, _ actor: Actor, _ values: [String: [String]] = [:], context: [String: String]? = nil,
        on resource: String = Example.key
    ) -> Check {
        Check(.notAllowed, action, actor, values, context, resource)
    }

    /// Something denies it.
    static func denied(
        _ action: String, _ actor: Actor, _ values: [String: [String]] = [:], context: [String: String]? = nil,
        on resource: String = Example.key
    ) -> Check {
        Check(.denied, action, actor, values, context, resource)
    }

    var description: String { "\(request.action) on \(request.resource) by \(actor), \(request.values)" }

    func decision(_ keyPolicy: CompiledPolicy, grants: [GrantPermission]) throws -> Decision {
        func compiled(_ statements: [String], _ source: PolicySource) throws -> CompiledPolicy {
            CompiledPolicy(try PolicyDocument(parsing: Example.document(statements), as: .identity), source: source)
        }
        let policies = CallerPolicies(
            identity: actor.identity.isEmpty ? [] : [try compiled(actor.identity, .identityPolicy("own"))],
            boundary: try actor.boundary.map { try compiled($0, .permissionsBoundary("limit")) },
            session: try actor.session.map { [try compiled($0, .sessionPolicy)] })
        guard request.resource.contains(":key/") else {
            return Decision.byIdentity(request.question, by: actor.caller, policies)
        }
        return Decision.onKey(
            request.question, by: actor.caller, policies, keyPolicy: keyPolicy,
            keyAccount: String(request.resource.split(separator: ":")[4]),
            worksAcrossAccounts: request.worksAcrossAccounts, encryptionContext: request.encryptionContext,
            grants: { grants })
    }
}
