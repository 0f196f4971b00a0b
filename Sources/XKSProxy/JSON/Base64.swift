import SecureMemory

/// Base64 as RFC 4648, section 4, has it, with its padding and nothing besides; from bytes to bytes, so that no text of
/// a secret is left in strings.
enum Base64 {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    private static let padding = UInt8(ascii: "=")

    /// By character; 64 and more for what is none.
    private static let values: [UInt8] = {
        var values = [UInt8](repeating: 0xff, count: 256)
        for (value, character) in alphabet.enumerated() { values[Int(character)] = UInt8(value) }
        return values
    }()

    /// How many bytes the text stands for, if it is base64 at all; nil where its length or its padding says that it is
    /// not.
    static func decodedCount(_ text: ArraySlice<UInt8>) -> Int? {
        guard text.count.isMultiple(of: 4) else { return nil }
        let padding = text.suffix(2).reversed().prefix { $0 == Self.padding }.count
        return text.count / 4 * 3 - padding
    }

    /// Nil for what is not base64, bits that stand for nothing included.
    static func decode(_ text: ArraySlice<UInt8>) -> [UInt8]? {
        guard let count = decodedCount(text) else { return nil }
        var isGood = true
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
            var position = 0
            isGood = decode(text) { byte in
                unsafe buffer[position] = byte
                position += 1
            }
            initialized = position
        }
        return isGood ? bytes : nil
    }

    /// The same, of a secret.
    static func decodeSecret(_ text: ArraySlice<UInt8>) -> SecretBytes? {
        guard let count = decodedCount(text) else { return nil }
        var isGood = true
        let secret = SecretBytes(count: count) { (room: inout MutableRawSpan) in
            var position = 0
            isGood = decode(text) { byte in
                room.storeBytes(of: byte, toByteOffset: position, as: UInt8.self)
                position += 1
            }
        }
        guard isGood else { return nil }
        return secret
    }

    /// Gives as many bytes as the text stands for, or fewer and answers false.
    private static func decode(_ text: ArraySlice<UInt8>, _ give: (UInt8) -> Void) -> Bool {
        let padding = text.suffix(2).reversed().prefix { $0 == Self.padding }.count
        let characters = text.dropLast(padding)
        var bits: UInt32 = 0
        var count = 0
        return unsafe values.withUnsafeBufferPointer { values in
            for character in characters {
                let value = unsafe values[Int(character)]
                guard value < 64 else { return false }
                bits = bits << 6 | UInt32(value)
                count += 6
                if count >= 8 {
                    count -= 8
                    give(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
                }
            }
            return bits & ((1 << UInt32(count)) - 1) == 0
        }
    }

    static func append(_ bytes: RawSpan, to text: inout [UInt8]) {
        var offset = 0
        func byte(_ place: Int) -> UInt32 {
            place < bytes.byteCount ? UInt32(unsafe bytes.unsafeLoad(fromByteOffset: place, as: UInt8.self)) : 0
        }
        while offset < bytes.byteCount {
            let group = byte(offset) << 16 | byte(offset + 1) << 8 | byte(offset + 2)
            let rest = bytes.byteCount - offset
            text.append(alphabet[Int(group >> 18)])
            text.append(alphabet[Int(group >> 12 & 63)])
            text.append(rest > 1 ? alphabet[Int(group >> 6 & 63)] : padding)
            text.append(rest > 2 ? alphabet[Int(group & 63)] : padding)
            offset += 3
        }
    }
}
