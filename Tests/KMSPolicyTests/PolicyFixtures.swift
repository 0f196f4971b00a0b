import KMSPolicy

/// Where the tests' keys are.
enum Home {
    static let account = "111122223333"
    static let otherAccount = "444455556666"
    static let key = "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
}

/// A request with the values that a test gives it.
struct RequestValues: ConditionContext, ExpressibleByDictionaryLiteral {
    private let values: [ConditionKey: ConditionValues]

    init(_ values: [String: ConditionValues]) {
        self.values = Dictionary(uniqueKeysWithValues: values.map { (ConditionKey($0), $1) })
    }

    init(dictionaryLiteral elements: (String, ConditionValues)...) {
        self.init(Dictionary(uniqueKeysWithValues: elements))
    }

    func values(of key: ConditionKey) -> ConditionValues {
        values[key] ?? .absent
    }
}

extension CompiledPolicy {
    /// - Parameter statements: What stands between the brackets of Statement.
    static func of(
        _ statements: String, as kind: PolicyDocument.Kind, _ source: PolicySource, version: String = "2012-10-17",
        principalIDs: [String: String] = [:]
    ) throws -> CompiledPolicy {
        let text = #"{"Version": "\#(version)", "Statement": [\#(statements)]}"#
        return CompiledPolicy(
            try PolicyDocument(parsing: text, as: kind), source: source, principalIDs: principalIDs)
    }

    static func key(_ statements: String, principalIDs: [String: String] = [:]) throws -> CompiledPolicy {
        try of(statements, as: .key, .keyPolicy, principalIDs: principalIDs)
    }

    static func identity(_ statements: String, version: String = "2012-10-17") throws -> CompiledPolicy {
        try of(statements, as: .identity, .identityPolicy("inline"), version: version)
    }

    static func boundary(_ statements: String) throws -> CompiledPolicy {
        try of(statements, as: .identity, .permissionsBoundary("arn:aws:iam::111122223333:policy/boundary"))
    }

    static func session(_ statements: String) throws -> CompiledPolicy {
        try of(statements, as: .identity, .sessionPolicy)
    }

    static func trust(_ statements: String) throws -> CompiledPolicy {
        try of(statements, as: .trust, .trustPolicy)
    }
}

extension PolicyCaller {
    static func user(_ name: String, of account: String = Home.account, id: String? = nil) -> PolicyCaller {
        PolicyCaller(
            kind: .user, account: account, arn: "arn:aws:iam::\(account):user/\(name)", userID: id ?? "AIDA\(name)")
    }

    static func session(
        _ name: String, of role: String, in account: String = Home.account, roleID: String? = nil
    ) -> PolicyCaller {
        let roleID = roleID ?? "AROA\(role)"
        return PolicyCaller(
            kind: .roleSession, account: account, arn: "arn:aws:sts::\(account):assumed-role/\(role)/\(name)",
            userID: "\(roleID):\(name)", issuerARN: "arn:aws:iam::\(account):role/\(role)", issuerID: roleID)
    }

    static func federated(_ name: String, by user: String) -> PolicyCaller {
        PolicyCaller(
            kind: .federatedUser, account: Home.account, arn: "arn:aws:sts::\(Home.account):federated-user/\(name)",
            userID: "\(Home.account):\(name)", issuerARN: "arn:aws:iam::\(Home.account):user/\(user)",
            issuerID: "AIDA\(user)")
    }

    static func root(of account: String = Home.account) -> PolicyCaller {
        PolicyCaller(kind: .root, account: account, arn: "arn:aws:iam::\(account):root", userID: account)
    }

    static func service(_ name: String) -> PolicyCaller {
        PolicyCaller(
            kind: .service(name), account: Home.account, arn: "arn:aws:iam::\(Home.account):service/\(name)",
            userID: "AIDAservice")
    }
}

extension Decision {
    /// Of `kms:Decrypt` on a key of `Home.account`.
    static func onKey(
        _ keyPolicy: CompiledPolicy, by caller: PolicyCaller, _ policies: CallerPolicies = CallerPolicies(),
        action: String = "kms:Decrypt", worksAcrossAccounts: Bool = true, request: RequestValues = [:],
        encryptionContext: [String: String]? = nil, grants: [GrantPermission] = []
    ) -> Decision {
        onKey(
            PolicyQuestion(action: action, resource: Home.key, context: request), by: caller, policies,
            keyPolicy: keyPolicy, keyAccount: Home.account, worksAcrossAccounts: worksAcrossAccounts,
            encryptionContext: encryptionContext, grants: { grants })
    }

    static func byIdentity(
        _ policies: CompiledPolicy..., action: String = "kms:CreateKey", resource: String = "*",
        request: RequestValues = [:]
    ) -> Decision {
        byIdentity(
            PolicyQuestion(action: action, resource: resource, context: request), by: .user("alice"),
            CallerPolicies(identity: policies))
    }
}
