/// Text in forms and in documents that answers hold.
enum PercentCoding {
    /// Reads a name or value of a form: `+` is a blank, `%` and two hexadecimal digits a byte, all of it UTF-8. Bytes
    /// that have to be encoded are refused when they are not.
    static func decode(_ bytes: ArraySlice<UInt8>) throws(QueryError) -> String {
        var decoded: [UInt8] = []
        decoded.reserveCapacity(bytes.count)
        var position = bytes.startIndex
        while position < bytes.endIndex {
            let byte = bytes[position]
            switch byte {
            case UInt8(ascii: "+"):
                decoded.append(UInt8(ascii: " "))
            case UInt8(ascii: "%"):
                guard position + 2 < bytes.endIndex, let high = bytes[position + 1].hexadecimalDigit,
                    let low = bytes[position + 2].hexadecimalDigit
                else { throw .malformedQuery("the '%' at byte \(position) is not followed by two hexadecimal digits") }
                decoded.append(high << 4 | low)
                position += 2
            case 0x21...0x7e:
                decoded.append(byte)
            default:
                throw .malformedQuery("the byte at \(position) has to be percent-encoded")
            }
            position += 1
        }
        guard let text = String(validating: decoded, as: UTF8.self) else {
            throw .malformedQuery("the text at byte \(bytes.startIndex) is not UTF-8")
        }
        return text
    }

    /// All but the unreserved characters of RFC 3986 (section 2.3) as `%` and two digits of upper case.
    static func encode(_ text: String) -> String {
        var encoded: [UInt8] = []
        encoded.reserveCapacity(text.utf8.count * 3)
        for byte in text.utf8 {
            if byte.isUnreserved {
                encoded.append(byte)
            } else {
                encoded += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: encoded, as: UTF8.self)
    }

    private static let digits = Array("0123456789ABCDEF".utf8)
}

extension UInt8 {
    fileprivate var hexadecimalDigit: UInt8? {
        switch self {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): self - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): self - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): self - UInt8(ascii: "A") + 10
        default: nil
        }
    }

    fileprivate var isUnreserved: Bool {
        switch self {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
            UInt8(ascii: "~"):
            true
        default: false
        }
    }
}

extension String {
    /// The text as messages and records may quote it: not longer than they can bear.
    var forMessages: String {
        let limit = 256
        return unicodeScalars.count <= limit
            ? self : String(String.UnicodeScalarView(unicodeScalars.prefix(limit))) + "…"
    }
}
