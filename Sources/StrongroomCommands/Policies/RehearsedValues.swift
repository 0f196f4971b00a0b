import KMSPolicy

/// Reads what the user says of a call that is not made.
enum RehearsedValues {
    /// - Parameter texts: Each as NAME=VALUE; the names differ.
    static func pairs(_ texts: [String]) throws(CommandFailure) -> [String: String] {
        var pairs: [String: String] = [:]
        for text in texts {
            let (name, value) = try split(text, "--encryption-context NAME=VALUE")
            guard pairs.updateValue(value, forKey: name) == nil else {
                throw CommandFailure("the encryption context has '\(name)' twice", hint: "give each name once")
            }
        }
        return pairs
    }

    /// - Parameter texts: Each as KEY=VALUE; a condition key that has several values is given several times.
    static func conditions(_ texts: [String]) throws(CommandFailure) -> [ConditionKey: ConditionValues] {
        var values: [ConditionKey: [String]] = [:]
        for text in texts {
            let (name, value) = try split(text, "--condition KEY=VALUE, as aws:SourceIp=192.0.2.10")
            guard name.contains(":") else {
                throw CommandFailure(
                    "'\(name)' is no condition key", hint: "name it with its service, as aws:SourceIp or kms:ViaService"
                )
            }
            values[ConditionKey(name), default: []].append(value)
        }
        var conditions: [ConditionKey: ConditionValues] = [:]
        for (key, values) in values {
            conditions[key] = values.count == 1 && !key.isMultivalued ? .one(values[0]) : .several(values)
        }
        return conditions
    }

    private static func split(_ text: String, _ form: String) throws(CommandFailure) -> (name: String, value: String) {
        guard let equals = text.firstIndex(of: "="), equals != text.startIndex else {
            throw CommandFailure("'\(text)' is no name with a value", hint: "write \(form)")
        }
        return (String(text[..<equals]), String(text[text.index(after: equals)...]))
    }
}
