import SecureMemory

/// How the bytes of a secret are written down. Decoded from locked memory into locked memory.
enum SecretEncoding: String {
    case raw
    case hexadecimal
    /// RFC 4648, section 4.
    case base64

    /// White space between the characters does not count. Errors never quote what was given.
    func decode(_ text: consuming SecretBytes) throws(CommandFailure) -> SecretBytes {
        guard self != .raw else { return text }
        let decoded = SecureBuffer(capacity: text.count)
        let isRight = text.withExposedBytes { (span: RawSpan) in
            self == .hexadecimal ? Self.readHexadecimal(span, decoded) : Self.readBase64(span, decoded)
        }
        guard isRight, decoded.count > 0 else {
            throw CommandFailure("the key material is not \(self == .base64 ? "base64" : "hexadecimal")")
        }
        return decoded.withExposedBytes { SecretBytes(copying: $0) }
    }

    private static func readHexadecimal(_ text: RawSpan, _ decoded: SecureBuffer) -> Bool {
        var high: UInt8?
        for index in 0..<text.byteCount {
            let character = text.byte(at: index)
            if isBlank(character) { continue }
            guard let digit = hexadecimalDigit(character) else { return false }
            if let first = high {
                decoded.append(first << 4 | digit)
                high = nil
            } else {
                high = digit
            }
        }
        return high == nil
    }

    private static func readBase64(_ text: RawSpan, _ decoded: SecureBuffer) -> Bool {
        var group: UInt32 = 0
        var characters = 0
        var padding = 0
        for index in 0..<text.byteCount {
            let character = text.byte(at: index)
            if isBlank(character) { continue }
            if character == UInt8(ascii: "=") {
                padding += 1
                continue
            }
            guard padding == 0, let digit = base64Digit(character) else { return false }
            group = group << 6 | UInt32(digit)
            characters += 1
            if characters % 4 == 0 {
                for shift in [16, 8, 0] { decoded.append(UInt8(truncatingIfNeeded: group >> shift)) }
                group = 0
            }
        }
        // What is left over is padded to four characters, and the bits that belong to no byte are zero.
        switch characters % 4 {
        case 0: return padding == 0
        case 2 where padding == 2 && group & 0xf == 0:
            decoded.append(UInt8(truncatingIfNeeded: group >> 4))
            return true
        case 3 where padding == 1 && group & 0x3 == 0:
            for shift in [10, 2] { decoded.append(UInt8(truncatingIfNeeded: group >> shift)) }
            return true
        default: return false
        }
    }

    private static func isBlank(_ character: UInt8) -> Bool {
        character == UInt8(ascii: " ") || (9...13).contains(character)
    }

    private static func hexadecimalDigit(_ character: UInt8) -> UInt8? {
        switch character {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): character - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): character - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): character - UInt8(ascii: "A") + 10
        default: nil
        }
    }

    private static func base64Digit(_ character: UInt8) -> UInt8? {
        switch character {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): character - UInt8(ascii: "A")
        case UInt8(ascii: "a")...UInt8(ascii: "z"): character - UInt8(ascii: "a") + 26
        case UInt8(ascii: "0")...UInt8(ascii: "9"): character - UInt8(ascii: "0") + 52
        case UInt8(ascii: "+"): 62
        case UInt8(ascii: "/"): 63
        default: nil
        }
    }

    /// What raw bytes look like that are not raw: text that was meant to be decoded.
    static func guess(_ bytes: borrowing SecretBytes) -> SecretEncoding {
        bytes.withExposedBytes { (span: RawSpan) in
            let room = SecureBuffer(capacity: max(span.byteCount, 1))
            if readHexadecimal(span, room), room.count > 0 { return .hexadecimal }
            room.removeAll()
            return readBase64(span, room) && room.count > 0 ? .base64 : .raw
        }
    }
}
