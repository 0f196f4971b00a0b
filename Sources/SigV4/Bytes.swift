extension [UInt8] {
    /// Appends `value` in decimal, filled up with zeros to exactly `digits` digits.
    mutating func appendDecimal(_ value: Int, digits: Int) {
        var place = 1
        for _ in 1..<digits { place *= 10 }
        while place > 0 {
            append(UInt8(ascii: "0") + UInt8(value / place % 10))
            place /= 10
        }
    }

    /// Appends each byte as two lower-case hexadecimal digits.
    mutating func appendHexadecimal(_ bytes: some Sequence<UInt8>) {
        for byte in bytes {
            append(Self.hexadecimalDigit(byte >> 4))
            append(Self.hexadecimalDigit(byte & 15))
        }
    }

    static func hexadecimalDigit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
    }
}

extension Span<UInt8> {
    /// The number that the digits in `range` spell, or nil when one of them is no digit.
    func decimal(_ range: Range<Int>) -> Int? {
        var value = 0
        for index in range {
            guard case UInt8(ascii: "0")...UInt8(ascii: "9") = self[index] else { return nil }
            value = value * 10 + Int(self[index] - UInt8(ascii: "0"))
        }
        return value
    }

    func matches(_ text: StaticString, at start: Int) -> Bool {
        matches(text, in: start..<(start + text.utf8CodeUnitCount))
    }

    /// Whether the bytes in `range` are exactly `text`; false when the range does not fit.
    func matches(_ text: StaticString, in range: Range<Int>) -> Bool {
        guard range.count == text.utf8CodeUnitCount, range.upperBound <= count else { return false }
        return text.withUTF8Buffer { expected in
            for offset in 0..<range.count where unsafe self[range.lowerBound + offset] != expected[offset] {
                return false
            }
            return true
        }
    }

    func firstIndex(of byte: UInt8, in range: Range<Int>) -> Int? {
        for index in range where self[index] == byte { return index }
        return nil
    }

    /// `range` without the spaces and tabs at its ends.
    func trimmingBlanks(_ range: Range<Int>) -> Range<Int> {
        var (lower, upper) = (range.lowerBound, range.upperBound)
        while lower < upper, self[lower].isBlank { lower += 1 }
        while lower < upper, self[upper - 1].isBlank { upper -= 1 }
        return lower..<upper
    }

    /// The text in `range`, or nil when it is empty or holds anything but visible ASCII characters.
    func visibleText(_ range: Range<Int>) -> String? {
        guard !range.isEmpty else { return nil }
        for index in range where !self[index].isVisibleASCII { return nil }
        guard let text = try? UTF8Span(validating: extracting(range)) else { return nil }
        return String(copying: text)
    }

    /// The text in `range` made fit for an error message: at most 64 characters, with `?` for all that is not
    /// printable ASCII.
    func quotation(_ range: Range<Int>) -> String {
        var quotation = ""
        for index in range.prefix(64) {
            let byte = self[index]
            let isPrintable = byte.isVisibleASCII || byte == UInt8(ascii: " ")
            quotation.unicodeScalars.append(Unicode.Scalar(isPrintable ? byte : UInt8(ascii: "?")))
        }
        return quotation
    }
}

extension UInt8 {
    var isBlank: Bool { self == UInt8(ascii: " ") || self == UInt8(ascii: "\t") }

    var isVisibleASCII: Bool { (0x21...0x7E).contains(self) }

    /// The value of a lower-case hexadecimal digit.
    var lowercaseHexadecimalValue: UInt8? {
        switch self {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): self - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): self - UInt8(ascii: "a") + 10
        default: nil
        }
    }
}
