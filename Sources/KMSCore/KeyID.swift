/// A KMS key's id: a UUID, or `mrk-` and 32 hexadecimal digits for a multi-Region key.
public struct KeyID: Hashable, Comparable, Sendable {
    package let high: UInt64
    package let low: UInt64
    package let isMultiRegion: Bool

    package init(high: UInt64, low: UInt64, isMultiRegion: Bool) {
        self.high = high
        self.low = low
        self.isMultiRegion = isMultiRegion
    }

    /// A new random id (UUID version 4, RFC 9562 §5.4) from the system's cryptographic generator.
    package static func random(isMultiRegion: Bool = false) -> KeyID {
        var generator = SystemRandomNumberGenerator()
        let high = generator.next() & 0xffff_ffff_ffff_0fff | 0x4000
        let low = generator.next() & 0x3fff_ffff_ffff_ffff | 0x8000_0000_0000_0000
        return KeyID(high: high, low: low, isMultiRegion: isMultiRegion)
    }

    /// Reads the text form; nil for anything that is not exactly an id.
    public init?(_ text: some StringProtocol) {
        // Both forms are 36 characters long. Every request reads one, so no copy is made.
        guard text.utf8.count == 36 else { return nil }
        isMultiRegion = text.utf8.starts(with: "mrk-".utf8)
        var words: (high: UInt64, low: UInt64) = (0, 0)
        for (position, character) in text.utf8.enumerated() {
            if isMultiRegion ? position < 4 : Self.isHyphen(position) {
                guard isMultiRegion || character == UInt8(ascii: "-") else { return nil }
                continue
            }
            guard let digit = Hexadecimal.value(of: character) else { return nil }
            words.high = words.high << 4 | words.low >> 60
            words.low = words.low << 4 | UInt64(digit)
        }
        (high, low) = words
    }

    private static func isHyphen(_ position: Int) -> Bool {
        position == 8 || position == 13 || position == 18 || position == 23
    }

    /// The 16 bytes of the id, as a ciphertext carries them.
    package var bytes: [UInt8] {
        high.bigEndianBytes + low.bigEndianBytes
    }

    public static func < (a: KeyID, b: KeyID) -> Bool {
        // The order of the text forms: "mrk-" comes after every hexadecimal digit.
        (a.isMultiRegion ? 1 : 0, a.high, a.low) < (b.isMultiRegion ? 1 : 0, b.high, b.low)
    }
}

extension KeyID: CustomStringConvertible {
    public var description: String {
        let digits = Hexadecimal.encode(bytes)
        if isMultiRegion { return "mrk-" + digits }
        let text = Array(digits.utf8)
        let groups = [0..<8, 8..<12, 12..<16, 16..<20, 20..<32]
        return groups.map { String(decoding: text[$0], as: UTF8.self) }.joined(separator: "-")
    }
}
