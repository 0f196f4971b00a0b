import FoundationEssentials
import KMSCore
import SecureMemory

/// Reads a request's members one by one and checks each against the API's model.
///
/// A member of the wrong type ends the reading: AWS does not validate what it cannot deserialize. What breaks a
/// constraint is noted, and a placeholder given in its stead, so that all of it can be reported at once.
package struct MemberReader {
    private let members: KeyedDecodingContainer<MemberName>
    private(set) var violations: [Violation] = []
    /// What was read, for the record of the call: all but blobs, which are secrets or ciphertexts, and grant tokens.
    private(set) var parameters: [AuditValue.Member] = []
    /// What the request is refused with though it meets all constraints.
    private(set) var refusal: WireError?

    init(_ members: KeyedDecodingContainer<MemberName>) {
        self.members = members
    }

    /// Nil when the member is absent or null.
    private func decode<T: Decodable>(
        _ type: T.Type, _ name: String, as kind: String
    ) throws(WireError) -> T? {
        do {
            return try members.decodeIfPresent(type, forKey: MemberName(stringValue: name))
        } catch {
            throw .serialization("The member '\(name)' must be \(kind).")
        }
    }

    private mutating func record(_ name: String, _ value: AuditValue) {
        parameters.append(AuditValue.Member(name.asViolationPath, value))
    }

    /// Notes a fault that the model does not know. Of several the first is told.
    mutating func refuse(_ error: WireError) {
        if refusal == nil { refusal = error }
    }

    private mutating func note(_ failure: String?, of value: String?, at path: String) {
        guard let failure else { return }
        violations.append(Violation(path: path, value: value, constraint: failure))
    }

    private mutating func note(missing name: String) {
        note(Constraint.notNull, of: "null", at: name.asViolationPath)
    }

    private mutating func check(_ value: String, _ shape: StringShape, at path: @autoclosure () -> String) {
        for failure in shape.failures(of: value) { note(failure, of: "'\(value)'", at: path()) }
    }
}

extension MemberReader {
    /// Whether a member that is not read further is there.
    func has(_ name: String) -> Bool {
        let name = MemberName(stringValue: name)
        return members.contains(name) && (try? members.decodeNil(forKey: name)) == false
    }

    mutating func string(_ name: String, _ shape: StringShape) throws(WireError) -> String? {
        let value = try unrecordedString(name, shape)
        if let value { record(name, .string(value)) }
        return value
    }

    /// A string that no record shall have.
    mutating func unrecordedString(_ name: String, _ shape: StringShape) throws(WireError) -> String? {
        let value = try decode(String.self, name, as: "a string")
        if let value { check(value, shape, at: name.asViolationPath) }
        return value
    }

    mutating func requiredString(_ name: String, _ shape: StringShape) throws(WireError) -> String {
        if let value = try string(name, shape) { return value }
        note(missing: name)
        return ""
    }

    /// A text that neither a record nor a violation has.
    mutating func requiredSensitiveString(_ name: String, _ shape: StringShape) throws(WireError) -> String {
        guard let value = try decode(String.self, name, as: "a string") else {
            note(missing: name)
            return ""
        }
        for failure in shape.failures(of: value) { note(failure, of: nil, at: name.asViolationPath) }
        return value
    }

    mutating func integer(_ name: String, in range: ClosedRange<Int>) throws(WireError) -> Int? {
        let value = try decode(Int.self, name, as: "an integer")
        if let value {
            note(Constraint.value(value, range), of: "'\(value)'", at: name.asViolationPath)
            record(name, .integer(Int64(value)))
        }
        return value
    }

    /// False when the member is absent.
    mutating func flag(_ name: String) throws(WireError) -> Bool {
        try optionalFlag(name) ?? false
    }

    mutating func optionalFlag(_ name: String) throws(WireError) -> Bool? {
        let value = try decode(Bool.self, name, as: "true or false")
        if let value { record(name, .bool(value)) }
        return value
    }

    mutating func blob(_ name: String, length: ClosedRange<Int>) throws(WireError) -> [UInt8]? {
        guard let text = try decode(String.self, name, as: "a base64 string") else { return nil }
        guard let data = Base64.decode(text) else {
            throw .serialization("The member '\(name)' is not valid base64.")
        }
        note(Constraint.length(data.count, length), of: nil, at: name.asViolationPath)
        return Array(data)
    }

    mutating func requiredBlob(_ name: String, length: ClosedRange<Int>) throws(WireError) -> [UInt8] {
        if let value = try blob(name, length: length) { return value }
        note(missing: name)
        return []
    }

    /// A number of seconds since 1970, with a fraction, as AWS JSON 1.1 has it.
    mutating func timestamp(_ name: String) throws(WireError) -> Timestamp? {
        guard let seconds = try decode(Double.self, name, as: "a number of seconds") else { return nil }
        guard let timestamp = WireTimestamp(seconds: seconds) else {
            throw .serialization("The member '\(name)' is no moment between the years 1 and 9999.")
        }
        record(name, .date(timestamp.timestamp))
        return timestamp.timestamp
    }

    /// A text that is a secret: no record and no violation has it. `length` is in Unicode code points.
    mutating func secretString(_ name: String, length: ClosedRange<Int>) throws(WireError) -> SecretBlob? {
        guard let text = try decode(String.self, name, as: "a string") else { return nil }
        note(Constraint.length(text.unicodeScalars.count, length), of: nil, at: name.asViolationPath)
        return SecretBlob(text: text)
    }

    mutating func requiredSecret(_ name: String, length: ClosedRange<Int>) throws(WireError) -> SecretBlob {
        guard let text = try decode(String.self, name, as: "a base64 string") else {
            note(missing: name)
            return SecretBlob(SecretBytes(copying: []))
        }
        guard let secret = SecretBlob(base64: text) else {
            throw .serialization("The member '\(name)' is not valid base64.")
        }
        note(Constraint.length(secret.count, length), of: nil, at: name.asViolationPath)
        return secret
    }

    /// Empty when the member is absent.
    mutating func stringMap(_ name: String) throws(WireError) -> [String: String] {
        try optionalStringMap(name) ?? [:]
    }

    mutating func optionalStringMap(_ name: String) throws(WireError) -> [String: String]? {
        let pairs = try decode([String: String].self, name, as: "a map from strings to strings")
        if let pairs { record(name, .pairs(pairs)) }
        return pairs
    }

    /// A structure, whose own members `read` reads. Nil when the member is absent.
    mutating func structure<T>(
        _ name: String, _ read: (inout MemberReader) throws(WireError) -> T
    ) throws(WireError) -> T? {
        guard has(name) else { return nil }
        let nested: KeyedDecodingContainer<MemberName>
        do {
            nested = try members.nestedContainer(keyedBy: MemberName.self, forKey: MemberName(stringValue: name))
        } catch {
            throw .serialization("The member '\(name)' must be a structure.")
        }
        var reader = MemberReader(nested)
        let value = try read(&reader)
        violations += reader.violations.map { violation in
            Violation(
                path: "\(name.asViolationPath).\(violation.path)", value: violation.value,
                constraint: violation.constraint)
        }
        if let refusal = reader.refusal { refuse(refusal) }
        record(name, .object(reader.parameters))
        return value
    }

    /// Empty when the member is absent. `count` is how many elements the model allows.
    mutating func strings(
        _ name: String, _ shape: StringShape, count: ClosedRange<Int> = 0...Int.max
    ) throws(WireError) -> [String] {
        guard let values = try decode([String].self, name, as: "a list of strings") else { return [] }
        let path = name.asViolationPath
        let text = { "'[\(values.joined(separator: ", "))]'" }
        if let failure = Constraint.length(values.count, count) { note(failure, of: text(), at: path) }
        // AWS reports a list of plain strings as one value, with all that its elements must meet.
        let failures = values.flatMap { shape.failures(of: $0) }
        if !failures.isEmpty {
            note("Member must satisfy constraint: [\(failures.joined(separator: ", "))]", of: text(), at: path)
        }
        if name != "GrantTokens" { record(name, .strings(values)) }
        return values
    }

    mutating func requiredStrings(_ name: String, _ shape: StringShape) throws(WireError) -> [String] {
        if !has(name) { note(missing: name) }
        return try strings(name, shape)
    }

    /// Empty when the member is absent.
    mutating func tags(_ name: String) throws(WireError) -> [TagShape] {
        let tags = try decode([TagShape].self, name, as: "a list of tags with a TagKey and a TagValue") ?? []
        for (index, tag) in tags.enumerated() {
            let path = "\(name.asViolationPath).\(index + 1).member"
            for (member, value, shape) in [
                ("tagKey", tag.key, StringShape.tagKey), ("tagValue", tag.value, StringShape.tagValue),
            ] {
                if let value {
                    check(value, shape, at: "\(path).\(member)")
                } else {
                    note(Constraint.notNull, of: "null", at: "\(path).\(member)")
                }
            }
        }
        if !tags.isEmpty {
            record(
                name,
                .array(
                    tags.map { .object(("tagKey", .string($0.key ?? "")), ("tagValue", .string($0.value ?? ""))) }))
        }
        return tags
    }

    mutating func requiredTags(_ name: String) throws(WireError) -> [TagShape] {
        if !has(name) { note(missing: name) }
        return try tags(name)
    }
}

/// The name of a request's member.
struct MemberName: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }

    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
}
