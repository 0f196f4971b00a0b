/// Strings and numbers.
extension JSONReader {
    mutating func string() throws(PolicyError) -> String {
        let start = position
        advance()
        var text: [UInt8] = []
        while let byte = next {
            switch byte {
            case UInt8(ascii: "\""):
                advance()
                return String(decoding: text, as: UTF8.self)
            case UInt8(ascii: "\\"):
                text.append(contentsOf: String(try escape()).utf8)
            case 0..<0x20:
                throw error("a control character in a string: write it as an escape, like \\n")
            default:
                text.append(byte)
                advance()
            }
        }
        throw error("the string that begins here has no end", at: start)
    }

    private mutating func escape() throws(PolicyError) -> Unicode.Scalar {
        let start = position
        advance()
        guard let byte = next else { throw error("the text ends in an escape") }
        advance()
        switch byte {
        case UInt8(ascii: "\""): return "\""
        case UInt8(ascii: "\\"): return "\\"
        case UInt8(ascii: "/"): return "/"
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{C}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"): return try character(from: start)
        default: throw error("an unknown escape", at: start)
        }
    }

    /// One `\uXXXX`, or two that are a surrogate pair.
    private mutating func character(from start: JSONPosition) throws(PolicyError) -> Unicode.Scalar {
        let unit = try codeUnit(from: start)
        if let scalar = Unicode.Scalar(unit) { return scalar }
        guard unit < 0xDC00, next == UInt8(ascii: "\\") else { throw error("half a surrogate pair", at: start) }
        advance()
        guard next == UInt8(ascii: "u") else { throw error("half a surrogate pair", at: start) }
        advance()
        let low = try codeUnit(from: start)
        guard 0xDC00...0xDFFF ~= low,
            let scalar = Unicode.Scalar(0x1_0000 + (unit - 0xD800) << 10 + (low - 0xDC00))
        else { throw error("half a surrogate pair", at: start) }
        return scalar
    }

    private mutating func codeUnit(from start: JSONPosition) throws(PolicyError) -> UInt32 {
        var unit: UInt32 = 0
        for _ in 0..<4 {
            guard let byte = next, let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
                throw error("four hexadecimal digits were expected after \\u", at: start)
            }
            unit = unit << 4 | UInt32(digit)
            advance()
        }
        return unit
    }

    mutating func number() throws(PolicyError) -> String {
        let start = offset
        if next == UInt8(ascii: "-") { advance() }
        let isZero = next == UInt8(ascii: "0")
        let whole = offset
        try digits()
        if isZero, offset > whole + 1 { throw error("a number with a leading zero") }
        if next == UInt8(ascii: ".") {
            advance()
            try digits()
        }
        if next == UInt8(ascii: "e") || next == UInt8(ascii: "E") {
            advance()
            if next == UInt8(ascii: "+") || next == UInt8(ascii: "-") { advance() }
            try digits()
        }
        return String(decoding: bytes[start..<offset], as: UTF8.self)
    }

    private mutating func digits() throws(PolicyError) {
        let start = offset
        while let byte = next, 0x30...0x39 ~= byte { advance() }
        guard offset > start else { throw error("a digit was expected") }
    }
}
