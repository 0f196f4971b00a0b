/// One operator with one condition key, made ready to be asked.
struct CompiledCondition: Sendable {
    private let key: ConditionKey
    private let qualifier: ConditionOperator.Qualifier?
    private let ifExists: Bool
    private let isNegated: Bool
    private let isNull: Bool
    private let test: ConditionTest

    init(_ condition: PolicyCondition, version: PolicyDocument.Version) {
        let conditionOperator = condition.conditionOperator
        key = condition.key
        qualifier = conditionOperator.qualifier
        ifExists = conditionOperator.ifExists
        isNegated = conditionOperator.base.isNegated
        isNull = conditionOperator.base == .null
        test = ConditionTest(conditionOperator.base, condition.values, variables: version == .v2012)
    }

    /// Whether a request fulfils the condition (IAM User Guide, "Condition operators" and "Multivalued context keys").
    ///
    /// - Parameter effect: The statement's. Several values where the operator takes one cannot be compared: such a
    ///   condition is never fulfilled in an Allow and always in a Deny, so that the fault gives nobody anything.
    func holds(for context: any ConditionContext, in effect: PolicyStatement.Effect) -> Bool {
        let values = context.values(of: key)
        if isNull { return test.lists(values.isEmpty ? "true" : "false", context) }
        switch values {
        case .absent, .several([]):
            return switch qualifier {
            case .forAnyValue: false
            case .forAllValues: true
            case nil: ifExists || isNegated
            }
        case .one(let value):
            return passes(value, context)
        case .several(let values):
            return switch qualifier {
            case .forAnyValue: values.contains { passes($0, context) }
            case .forAllValues: values.allSatisfy { passes($0, context) }
            case nil: values.count == 1 ? passes(values[0], context) : effect == .deny
            }
        }
    }

    private func passes(_ value: String, _ context: any ConditionContext) -> Bool {
        test.lists(value, context) != isNegated
    }
}

extension ConditionValues {
    /// A set without an element is as good as none.
    fileprivate var isEmpty: Bool {
        switch self {
        case .absent, .several([]): true
        case .one, .several: false
        }
    }
}
