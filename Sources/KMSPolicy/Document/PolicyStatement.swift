/// One statement of a policy.
package struct PolicyStatement: Sendable {
    package enum Effect: String, Sendable {
        case allow = "Allow"
        case deny = "Deny"
    }

    /// From 0, as in `Statement[0]`.
    package let index: Int
    package let sid: String?
    package let effect: Effect
    /// Nil in identity policies.
    package let principals: Selection<PrincipalPattern>?
    /// Nil where the statement has no Action, which KMS accepts and never applies.
    package let actions: Selection<String>?
    /// Nil where the statement has no Resource, which KMS accepts and never applies.
    package let resources: Selection<String>?
    package let conditions: [PolicyCondition]
    package let place: PolicyPlace

    package init(
        index: Int, sid: String?, effect: Effect, principals: Selection<PrincipalPattern>?,
        actions: Selection<String>?, resources: Selection<String>?, conditions: [PolicyCondition], place: PolicyPlace
    ) {
        self.index = index
        self.sid = sid
        self.effect = effect
        self.principals = principals
        self.actions = actions
        self.resources = resources
        self.conditions = conditions
        self.place = place
    }
}

/// What an element like Action, or its opposite like NotAction, names.
package struct Selection<Pattern: Sendable & Hashable>: Sendable {
    /// Whether it stands for everything but the patterns, as in NotAction.
    package let isNegated: Bool
    package let patterns: [Pattern]
    package let place: PolicyPlace

    package init(isNegated: Bool, patterns: [Pattern], place: PolicyPlace) {
        self.isNegated = isNegated
        self.patterns = patterns
        self.place = place
    }
}

/// A principal as a resource policy names it.
package enum PrincipalPattern: Hashable, Sendable {
    /// `"*"` and `{"AWS": "*"}`.
    case everyone
    /// `arn:aws:iam::111122223333:root`, or the account's id alone: all of the account.
    case account(String)
    /// A user, a role, an assumed-role session or a federated user, whole.
    case arn(String)
    /// `AIDA…`, `AROA…`: what is left of an ARN when its identity has gone.
    case uniqueID(String)
    /// `{"Service": "logs.amazonaws.com"}`.
    case service(String)
    case federated(String)
    case canonicalUser(String)
}

/// One operator with one condition key of a statement's Condition.
package struct PolicyCondition: Sendable {
    package let conditionOperator: ConditionOperator
    package let key: ConditionKey
    /// The key as it was written.
    package let keyText: String
    package let values: [String]
    package let place: PolicyPlace

    package init(
        conditionOperator: ConditionOperator, key: ConditionKey, keyText: String, values: [String], place: PolicyPlace
    ) {
        self.conditionOperator = conditionOperator
        self.key = key
        self.keyText = keyText
        self.values = values
        self.place = place
    }
}

/// A condition operator with what stands before and behind it, as in `ForAnyValue:StringLikeIfExists`.
package struct ConditionOperator: Hashable, Sendable {
    package enum Base: String, Sendable, CaseIterable {
        case stringEquals = "StringEquals"
        case stringNotEquals = "StringNotEquals"
        case stringEqualsIgnoreCase = "StringEqualsIgnoreCase"
        case stringNotEqualsIgnoreCase = "StringNotEqualsIgnoreCase"
        case stringLike = "StringLike"
        case stringNotLike = "StringNotLike"
        case numericEquals = "NumericEquals"
        case numericNotEquals = "NumericNotEquals"
        case numericLessThan = "NumericLessThan"
        case numericLessThanEquals = "NumericLessThanEquals"
        case numericGreaterThan = "NumericGreaterThan"
        case numericGreaterThanEquals = "NumericGreaterThanEquals"
        case dateEquals = "DateEquals"
        case dateNotEquals = "DateNotEquals"
        case dateLessThan = "DateLessThan"
        case dateLessThanEquals = "DateLessThanEquals"
        case dateGreaterThan = "DateGreaterThan"
        case dateGreaterThanEquals = "DateGreaterThanEquals"
        case bool = "Bool"
        case binaryEquals = "BinaryEquals"
        case ipAddress = "IpAddress"
        case notIPAddress = "NotIpAddress"
        case arnEquals = "ArnEquals"
        case arnNotEquals = "ArnNotEquals"
        case arnLike = "ArnLike"
        case arnNotLike = "ArnNotLike"
        case null = "Null"
    }

    package enum Qualifier: String, Sendable, CaseIterable {
        case forAnyValue = "ForAnyValue"
        case forAllValues = "ForAllValues"
    }

    package let base: Base
    package let qualifier: Qualifier?
    package let ifExists: Bool

    package init(_ base: Base, qualifier: Qualifier? = nil, ifExists: Bool = false) {
        self.base = base
        self.qualifier = qualifier
        self.ifExists = ifExists
    }
}
