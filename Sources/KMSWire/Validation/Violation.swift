/// One constraint of the API's model that a request does not meet, in AWS's words.
struct Violation {
    /// The member's path as AWS writes it: `tags.1.member.tagKey`.
    let path: String
    /// What stands there: `'value'` or `null`. Nil for blobs, whose values AWS leaves out.
    let value: String?
    /// As in `Member must not be null`.
    let constraint: String

    var text: String {
        "Value \(value.map { $0 + " " } ?? "")at '\(path)' failed to satisfy constraint: \(constraint)"
    }
}

extension WireError {
    /// AWS reports all violations of a request at once.
    static func validation(_ violations: [Violation]) -> WireError {
        let count = "\(violations.count) validation error\(violations.count == 1 ? "" : "s") detected: "
        return .validation(count + violations.map(\.text).joined(separator: "; "))
    }
}

extension String {
    /// A member's name as violations write it: `keyId` for `KeyId`.
    var asViolationPath: String {
        prefix(1).lowercased() + dropFirst()
    }
}
