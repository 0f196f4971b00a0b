extension StatementGrammar {
    func conditions(_ element: PolicyElement) throws(PolicyError) -> [PolicyCondition] {
        var conditions: [PolicyCondition] = []
        for (name, element) in try element.members(as: "Condition") {
            guard let conditionOperator = ConditionOperator(name) else {
                throw element.error(ConditionOperator.fault(of: name))
            }
            for (keyText, element) in try element.members(as: "the operator \(name)") {
                conditions.append(try condition(conditionOperator, keyText, element))
            }
        }
        return conditions
    }

    private func condition(
        _ conditionOperator: ConditionOperator, _ keyText: String, _ element: PolicyElement
    ) throws(PolicyError) -> PolicyCondition {
        let key = ConditionKey(keyText)
        guard let colon = keyText.firstIndex(of: ":"), colon != keyText.startIndex, !keyText.hasSuffix(":") else {
            throw element.error(
                "\(quoted(keyText)) is no condition key: put its service before it, as in kms:ViaService")
        }
        if kind == .key, conditionOperator.qualifier == .forAllValues, let what = key.unguardedByForAllValues {
            throw element.error(
                "OverlyPermissiveCondition: ForAllValues with the single-valued condition key \(keyText) matches"
                    + " requests without the \(what). Remove ForAllValues.")
        }
        var values: [String] = []
        for element in element.list {
            let value = try self.value(element)
            if conditionOperator.base.allowsVariables { try checkVariables(in: value, element) }
            values.append(value)
        }
        return PolicyCondition(
            conditionOperator: conditionOperator, key: key, keyText: keyText, values: values, place: element.place)
    }

    private func value(_ element: PolicyElement) throws(PolicyError) -> String {
        switch element.node.value {
        case .string(let text), .number(let text): text
        case .bool(let value): value ? "true" : "false"
        case .object, .array, .null:
            throw element.error(
                "a condition's value must be a string, a number, true or false, not \(element.node.kindName)")
        }
    }
}

extension ConditionKey {
    /// What a request may lack and yet pass `ForAllValues`, for the keys with which KMS therefore refuses it.
    fileprivate var unguardedByForAllValues: String? {
        switch self {
        case .encryptionContext: "encryption context"
        case .requestTag: "tag"
        default: nil
        }
    }
}
