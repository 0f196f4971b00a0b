/// One constraint of the API's model that a request does not meet, in AWS's words.
struct Violation {
    /// The parameter's path as AWS writes it: `tags.1.member.key`.
    let path: String
    /// What stands there: `'value'` or `null`. Nil where it is not to be repeated.
    let value: String?
    /// As in `Member must not be null`.
    let constraint: String

    init(path: String, value: String?, _ constraint: String) {
        self.path = path
        self.value = value
        self.constraint = constraint
    }

    var text: String {
        "Value \(value.map { $0 + " " } ?? "")at '\(path)' failed to satisfy constraint: \(constraint)"
    }
}

/// The sentences that AWS has for constraints; nil where the value meets them.
enum Constraint {
    static let notNull = "Member must not be null"

    /// For strings in Unicode code points, for lists in elements.
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
}

extension QueryError {
    /// AWS reports all violations of a request at once.
    static func validation(_ violations: [Violation]) -> QueryError {
        let count = "\(violations.count) validation error\(violations.count == 1 ? "" : "s") detected: "
        // A list of many bad elements is told of by its first ones.
        let texts = violations.prefix(10).map(\.text) + (violations.count > 10 ? ["and more"] : [])
        return QueryError("ValidationError", status: 400, count + texts.joined(separator: "; "))
    }
}

extension String {
    /// A parameter's name as violations and CloudTrail write it: `userName` for `UserName`.
    var asMemberName: String {
        prefix(1).lowercased() + dropFirst()
    }
}
