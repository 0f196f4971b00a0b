/// The parameters of a request of the query protocol: `application/x-www-form-urlencoded` pairs (URL Standard, section
/// 5.1), read strictly. What SDKs write has one reading; anything else is refused rather than guessed at.
struct QueryForm: Equatable, Sendable {
    /// No operation has more: 50 tags with key and value, 50 transitive keys, and a handful of others.
    static let maximumCount = 500
    /// In bytes of UTF-8.
    static let maximumNameLength = 256

    private let values: [String: String]

    init(parsing body: [UInt8]) throws(QueryError) {
        var values: [String: String] = [:]
        var position = 0
        while position < body.count {
            let end = body[position...].firstIndex(of: UInt8(ascii: "&")) ?? body.count
            guard end + 1 != body.count else { throw .malformedQuery("it ends in '&'") }
            let (name, value) = try Self.pair(body[position..<end])
            guard values.updateValue(value, forKey: name) == nil else {
                throw .malformedQuery("the parameter '\(name.forMessages)' is there twice")
            }
            guard values.count <= Self.maximumCount else {
                throw .malformedQuery("it has more than \(Self.maximumCount) parameters")
            }
            position = end + 1
        }
        self.values = values
    }

    private static func pair(_ bytes: ArraySlice<UInt8>) throws(QueryError) -> (name: String, value: String) {
        guard let equals = bytes.firstIndex(of: UInt8(ascii: "=")) else {
            throw .malformedQuery("the parameter at byte \(bytes.startIndex) has no '='")
        }
        guard equals != bytes.startIndex else {
            throw .malformedQuery("the parameter at byte \(bytes.startIndex) has no name")
        }
        let name = try PercentCoding.decode(bytes[..<equals])
        guard name.utf8.count <= maximumNameLength else {
            throw .malformedQuery("the name at byte \(bytes.startIndex) is longer than \(maximumNameLength) bytes")
        }
        return (name, try PercentCoding.decode(bytes[(equals + 1)...]))
    }

    subscript(name: String) -> String? { values[name] }

    /// What stands behind `prefix` in the names that begin with it, with the values.
    func rest(after prefix: String) -> [(name: Substring, value: String)] {
        values.filter { $0.key.hasPrefix(prefix) }.map { ($0.key.dropFirst(prefix.count), $0.value) }
    }

    /// The same parameters as an SDK writes them, by name.
    var bytes: [UInt8] {
        let pairs = values.sorted { $0.key < $1.key }.map {
            PercentCoding.encode($0.key) + "=" + PercentCoding.encode($0.value)
        }
        return Array(pairs.joined(separator: "&").utf8)
    }
}
