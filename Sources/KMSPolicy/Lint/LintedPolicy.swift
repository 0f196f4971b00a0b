/// A policy with what all checks ask about worked out once.
struct LintedPolicy {
    let document: PolicyDocument
    let context: LintContext
    let statements: [LintedStatement]

    init(_ document: PolicyDocument, _ context: LintContext) {
        self.document = document
        self.context = context
        statements = document.statements.map(LintedStatement.init)
    }

    var isKeyPolicy: Bool {
        if case .key = document.kind { true } else { false }
    }

    var isIdentityPolicy: Bool {
        if case .identity = document.kind { true } else { false }
    }

    var allows: [LintedStatement] { statements.filter { $0.effect == .allow } }
    var denies: [LintedStatement] { statements.filter { $0.effect == .deny } }

    /// Whether a principal is the account that the policy's key is in, so that identity policies decide.
    ///
    /// An account is taken for the own one when that is not known.
    func isOwnAccount(_ principal: PrincipalPattern) -> Bool {
        guard case .account(let account) = principal else { return false }
        return context.account.map { $0 == account } ?? true
    }

    /// The account of a principal that belongs to another one than the key.
    func foreignAccount(_ principal: PrincipalPattern) -> String? {
        guard let own = context.account, let account = principal.account, account != own else { return nil }
        return account
    }
}

/// A statement with the actions that it covers.
struct LintedStatement {
    let statement: PolicyStatement
    /// Of AWS KMS.
    let actions: [KMSActionEntry]
    let actionNames: Set<String>
    /// Whether it may cover actions of other services.
    let coversOtherServices: Bool

    init(_ statement: PolicyStatement) {
        self.statement = statement
        guard let selection = statement.actions else {
            (actions, actionNames, coversOtherServices) = ([], [], false)
            return
        }
        let named = Set(selection.patterns.flatMap { KMSActionCatalog.actions(matching: $0) }.map(\.name))
        actions = KMSActionCatalog.all.filter { named.contains($0.name) != selection.isNegated }
        actionNames = Set(actions.map(\.name))
        coversOtherServices =
            selection.isNegated || selection.patterns.contains { !$0.lowercased().hasPrefix("kms:") }
    }

    var effect: PolicyStatement.Effect { statement.effect }
    var conditions: [PolicyCondition] { statement.conditions }
    var place: LintFinding.Place { .policy(statement.place) }
    var principalsPlace: LintFinding.Place { .policy(statement.principals?.place ?? statement.place) }
    var actionsPlace: LintFinding.Place { .policy(statement.actions?.place ?? statement.place) }
    var resourcesPlace: LintFinding.Place { .policy(statement.resources?.place ?? statement.place) }

    /// Whom it names; none where it names whom it is not for.
    var principals: [PrincipalPattern] {
        statement.principals.flatMap { $0.isNegated ? nil : $0.patterns } ?? []
    }

    /// Whether it can apply to anything.
    var hasEffect: Bool { !actions.isEmpty && statement.resources != nil }

    /// Whether it covers every action of AWS KMS, as `kms:*` does.
    var coversAllActions: Bool { actions.count == KMSActionCatalog.all.count }

    /// The statement's Sid, or its number from 1, for a sentence.
    var name: String {
        statement.sid.flatMap { $0.isEmpty ? nil : "statement \"\($0)\"" } ?? "statement \(statement.index + 1)"
    }

    /// Whether a request without a fitting value for one of these keys cannot match.
    func requires(_ isMeant: (ConditionKey) -> Bool) -> Bool {
        conditions.contains { isMeant($0.key.family) && $0.demandsValue }
    }
}

extension PolicyCondition {
    /// Whether the condition is false for a request without a value, and for some values too.
    var demandsValue: Bool {
        let base = conditionOperator.base
        guard base != .null, !base.isNegated, !conditionOperator.ifExists else { return false }
        guard conditionOperator.qualifier != .forAllValues else { return false }
        return !values.contains(where: isWide)
    }

    /// Whether a value is no limit on whose the request is.
    private func isWide(_ value: String) -> Bool {
        switch conditionOperator.base {
        case .stringLike, .arnLike, .arnEquals:
            guard let parts = ARNText.parts(value) else { return value.allSatisfy { $0 == "*" } || value == "arn:*" }
            // Buckets have no account in their ARN, but a name of their own.
            return parts[4] == "*" || (parts[4].isEmpty && parts[5] == "*")
        case .ipAddress:
            return value == "0.0.0.0/0" || value == "::/0"
        default:
            return false
        }
    }

    var lintPlace: LintFinding.Place { .policy(place) }
}

extension PrincipalPattern {
    /// The account that it is in or is, where its name says it.
    var account: String? {
        switch self {
        case .account(let account): account
        case .arn(let arn): ARNText.account(arn)
        case .everyone, .uniqueID, .service, .federated, .canonicalUser: nil
        }
    }

    /// As a policy has it.
    var text: String {
        switch self {
        case .everyone: "*"
        case .account(let account): "arn:aws:iam::\(account):root"
        case .arn(let text), .uniqueID(let text), .service(let text), .federated(let text), .canonicalUser(let text):
            text
        }
    }
}

/// A list in a sentence; of a long one, the beginning.
func listed(_ names: some Sequence<String>) -> String {
    let names = Array(names)
    let shown = names.prefix(5).joined(separator: ", ")
    return names.count > 5 ? shown + " and \(names.count - 5) more" : shown
}
