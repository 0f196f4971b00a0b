import KMSPolicy

/// Policies of all kinds: the first byte says which, the rest is the text. Nothing traps, and a decision comes to an end
/// whatever the policy says.
public func fuzzPolicy(_ bytes: [UInt8]) {
    guard let first = bytes.first, let text = String(validating: bytes.dropFirst(), as: UTF8.self) else { return }
    let kinds: [PolicyDocument.Kind] = [.key, .identity, .trust]
    let kind = kinds[Int(first) % kinds.count]
    _ = PolicyLinter.findings(in: text, as: kind)
    guard let document = try? PolicyDocument(parsing: text, as: kind) else { return }
    // A reading is one reading.
    precondition((try? PolicyDocument(parsing: text, as: kind)) != nil)
    let policy = CompiledPolicy(document, source: kind.isKey ? .keyPolicy : .identityPolicy("p"))
    for action in ["kms:Decrypt", "kms:CreateGrant", "kms:PutKeyPolicy"] {
        let question = PolicyQuestion(action: action, resource: Scene.key, context: Scene.context)
        let decision = Decision.onKey(
            question, by: Scene.caller, CallerPolicies(identity: kind.isKey ? [] : [policy]),
            keyPolicy: kind.isKey ? policy : Scene.emptyPolicy, keyAccount: Scene.account, worksAcrossAccounts: true,
            encryptionContext: ["tenant": "7"], grants: { [] })
        // Nothing that says Deny alone ever allows.
        precondition(!decision.isAllowed || text.contains("Allow"))
    }
}

extension PolicyDocument.Kind {
    fileprivate var isKey: Bool { if case .key = self { true } else { false } }
}

private enum Scene {
    static let account = "111122223333"
    static let key = "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
    static let caller = PolicyCaller(
        kind: .roleSession, account: account, arn: "arn:aws:sts::111122223333:assumed-role/application/i-1234",
        userID: "AROAEXAMPLE:i-1234", issuerARN: "arn:aws:iam::111122223333:role/application", issuerID: "AROAEXAMPLE")
    static let context = Context()
    static let emptyPolicy = CompiledPolicy(
        PolicyDocument(kind: .key, version: .v2012, hasVersion: true, id: nil, statements: []), source: .keyPolicy)

    struct Context: ConditionContext {
        func values(of key: ConditionKey) -> ConditionValues {
            switch key {
            case .encryptionContext(let name): name.lowercased() == "tenant" ? .one("7") : .absent
            case .named(.encryptionContextKeys): .several(["tenant", "purpose"])
            case .named(.callerAccount), .named(.principalAccount): .one("111122223333")
            case .named(.secureTransport): .one("true")
            case .named(.sourceIP): .one("10.1.2.3")
            default: .absent
            }
        }
    }
}
