/// The member names of one JSON object.
///
/// Names are the same when Swift says that the strings are, so "A" is "\u0041", and "é" in one code point is "é" in
/// two: a `Dictionary` could not hold both, and would drop one of them.
struct JSONNames {
    /// Up to this many names, comparing them all is quicker than hashing, and needs no strings.
    private static let maximumCompared = 16

    private var plain: [Range<Int>] = []
    private var hashed: Set<String>?

    /// Whether the name was new.
    mutating func insert(_ name: JSONString, of bytes: [UInt8]) throws(JSONFault) -> Bool {
        if hashed == nil, name.isPlain, plain.count < Self.maximumCompared {
            for other in plain where Self.areEqual(other, name.range, in: bytes) { return false }
            plain.append(name.range)
            return true
        }
        guard let text = name.text(of: bytes) else { throw .malformed(offset: name.range.lowerBound) }
        if hashed == nil { hashed = Set(plain.map { String(decoding: bytes[$0], as: UTF8.self) }) }
        return hashed?.insert(text).inserted ?? true
    }

    private static func areEqual(_ a: Range<Int>, _ b: Range<Int>, in bytes: [UInt8]) -> Bool {
        a.count == b.count && bytes[a] == bytes[b]
    }
}
