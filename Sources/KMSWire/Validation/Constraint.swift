/// The sentences that AWS has for constraints; nil where the value meets them.
enum Constraint {
    static let notNull = "Member must not be null"

    /// For strings in Unicode code points, for blobs in bytes, for lists in elements.
    static func length(_ count: Int, _ range: ClosedRange<Int>) -> String? {
        if count < range.lowerBound { return "Member must have length greater than or equal to \(range.lowerBound)" }
        if count > range.upperBound { return "Member must have length less than or equal to \(range.upperBound)" }
        return nil
    }

    static func value(_ value: Int, _ range: ClosedRange<Int>) -> String? {
        if value < range.lowerBound { return "Member must have value greater than or equal to \(range.lowerBound)" }
        if value > range.upperBound { return "Member must have value less than or equal to \(range.upperBound)" }
        return nil
    }

    static func pattern(_ value: String, _ pattern: StringShape.Pattern) -> String? {
        pattern.matches(value)
            ? nil : "Member must satisfy regular expression pattern: \(pattern.text)"
    }

    static func enumeration(_ value: String, _ values: [String]) -> String? {
        values.contains(value) ? nil : "Member must satisfy enum value set: [\(values.joined(separator: ", "))]"
    }
}
