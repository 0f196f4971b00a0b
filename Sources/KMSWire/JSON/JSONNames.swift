import FoundationEssentials

/// The member names of one JSON object.
///
/// Names are the same when Swift says that the strings are, so "A" is "\u0041", and "é" in one code point is "é" in
/// two: a `Dictionary` could not hold both, and would drop one of them.
struct JSONNames {
    /// Up to this many names, comparing them all is quicker than hashing, and needs no strings.
    private static let maximumCompared = 16

    private var plain: [Range<Int>] = []
    private var hashed: Set<String>?

    /// Whether the name was new. `range` includes the quotation marks.
    mutating func insert(_ range: Range<Int>, of bytes: [UInt8], isPlain: Bool) throws(JSONFault) -> Bool {
        if hashed == nil, isPlain, plain.count < Self.maximumCompared {
            for other in plain where Self.areEqual(other, range, in: bytes) { return false }
            plain.append(range)
            return true
        }
        guard let name = Self.text(range, of: bytes) else { throw .malformed(offset: range.lowerBound) }
        if hashed == nil { hashed = Set(plain.compactMap { Self.text($0, of: bytes) }) }
        return hashed?.insert(name).inserted ?? true
    }

    private static func areEqual(_ a: Range<Int>, _ b: Range<Int>, in bytes: [UInt8]) -> Bool {
        a.count == b.count && bytes[a] == bytes[b]
    }

    /// The name that is spelt there; nil for half of a surrogate pair.
    static func text(_ range: Range<Int>, of bytes: [UInt8]) -> String? {
        try? WireCoding.decoder.decode(String.self, from: Data(bytes[range]))
    }
}
