import KMSCore

/// Reads a request's parameters one by one and checks each against the API's model.
///
/// What has no reading ends it. What breaks a constraint is noted, and a placeholder given in its stead, so that all of
/// it can be reported at once. Everything that is read is noted for the audit record, but for secrets.
struct ParameterReader {
    let form: QueryForm
    private(set) var violations: [Violation] = []
    private(set) var noted: [AuditValue.Member] = []

    init(_ form: QueryForm) {
        self.form = form
    }

    private mutating func note(_ name: String, _ value: AuditValue) {
        noted.append(AuditValue.Member(name.asMemberName, value))
    }

    private mutating func check(_ value: String, _ shape: ParameterShape, at path: String, isSecret: Bool = false) {
        for failure in shape.failures(of: value) {
            violations.append(Violation(path: path, value: isSecret ? nil : "'\(value.forMessages)'", failure))
        }
    }

    private mutating func note(missing path: String) {
        violations.append(Violation(path: path, value: "null", Constraint.notNull))
    }
}

extension ParameterReader {
    /// Whether the parameter, or one that belongs to it, is there.
    func has(_ name: String) -> Bool {
        form[name] != nil || !form.rest(after: name + ".").isEmpty
    }

    mutating func string(_ name: String, _ shape: ParameterShape) -> String? {
        guard let value = form[name] else { return nil }
        check(value, shape, at: name.asMemberName)
        note(name, .string(value))
        return value
    }

    mutating func requiredString(_ name: String, _ shape: ParameterShape) -> String {
        if let value = string(name, shape) { return value }
        note(missing: name.asMemberName)
        return ""
    }

    /// A string that nothing repeats: not the record, and no message.
    mutating func secret(_ name: String, _ shape: ParameterShape) -> String? {
        guard let value = form[name] else { return nil }
        check(value, shape, at: name.asMemberName, isSecret: true)
        return value
    }

    mutating func requiredSecret(_ name: String, _ shape: ParameterShape) -> String {
        if let value = secret(name, shape) { return value }
        note(missing: name.asMemberName)
        return ""
    }

    mutating func integer(_ name: String, in range: ClosedRange<Int>) throws(QueryError) -> Int? {
        guard let text = form[name] else { return nil }
        guard !text.isEmpty, text.utf8.count <= 9, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            let value = Int(text)
        else { throw .malformedInput("The parameter '\(name)' must be a whole number.") }
        if let failure = Constraint.value(value, range) {
            violations.append(Violation(path: name.asMemberName, value: "'\(value)'", failure))
        }
        note(name, .integer(Int64(value)))
        return value
    }

    /// False when the parameter is absent.
    mutating func flag(_ name: String) throws(QueryError) -> Bool {
        guard let text = form[name] else { return false }
        guard text == "true" || text == "false" else {
            throw .malformedInput("The parameter '\(name)' must be 'true' or 'false'.")
        }
        note(name, .bool(text == "true"))
        return text == "true"
    }

    /// A value of an enumeration by its raw values; nil when it is absent, or is none of them.
    mutating func choice<Value: RawRepresentable<String>>(
        _ name: String, of values: [Value]
    ) -> Value? {
        string(name, ParameterShape(values: values.map(\.rawValue))).flatMap(Value.init(rawValue:))
    }

    /// Empty when the list is absent. `count` is how many elements the model allows.
    mutating func strings(
        _ name: String, _ shape: ParameterShape, count: ClosedRange<Int> = 0...50
    ) throws(QueryError) -> [String] {
        let elements = try elements(of: name, fields: nil)
        guard has(name) else { return [] }
        checkCount(elements.count, count, of: name)
        let values = elements.map { $0[""] ?? "" }
        for (index, value) in values.enumerated() {
            check(value, shape, at: "\(name.asMemberName).\(index + 1).member")
        }
        note(name, .strings(values))
        return values
    }

    /// Structures out of one string each, such as `PolicyArns.member.1.arn`.
    mutating func strings(
        _ name: String, field: String, _ shape: ParameterShape, count: ClosedRange<Int>
    ) throws(QueryError) -> [String] {
        let elements = try elements(of: name, fields: [field])
        guard has(name) else { return [] }
        checkCount(elements.count, count, of: name)
        var values: [String] = []
        for (index, element) in elements.enumerated() {
            values.append(member(field, of: element, shape, at: "\(name.asMemberName).\(index + 1).member"))
        }
        note(name, .array(values.map { .object((field, .string($0))) }))
        return values
    }

    /// Empty when the list is absent.
    mutating func tags(_ name: String = "Tags") throws(QueryError) -> [Tag] {
        let elements = try elements(of: name, fields: ["Key", "Value"])
        guard has(name) else { return [] }
        checkCount(elements.count, 0...Tag.maximumPerKey, of: name)
        var tags: [Tag] = []
        for (index, element) in elements.enumerated() {
            let path = "\(name.asMemberName).\(index + 1).member"
            tags.append(
                Tag(
                    key: member("Key", of: element, .tagKey, at: path),
                    value: member("Value", of: element, .tagValue, at: path)))
        }
        note(name, .array(tags.map { .object(("key", .string($0.key)), ("value", .string($0.value))) }))
        return tags
    }

    mutating func requiredTags() throws(QueryError) -> [Tag] {
        if !has("Tags") { note(missing: "tags") }
        return try tags()
    }

    mutating func requiredStrings(_ name: String, _ shape: ParameterShape) throws(QueryError) -> [String] {
        if !has(name) { note(missing: name.asMemberName) }
        return try strings(name, shape)
    }

    private mutating func member(
        _ field: String, of element: [String: String], _ shape: ParameterShape, at path: String
    ) -> String {
        let path = "\(path).\(field.asMemberName)"
        guard let value = element[field] else {
            note(missing: path)
            return ""
        }
        check(value, shape, at: path)
        return value
    }

    private mutating func checkCount(_ count: Int, _ range: ClosedRange<Int>, of name: String) {
        guard let failure = Constraint.length(count, range) else { return }
        violations.append(Violation(path: name.asMemberName, value: nil, failure))
    }
}
