extension [UInt8] {
    /// Appends `byte` as AWS's UriEncode does: all but A–Z a–z 0–9 - . _ ~ as `%XY` in upper case.
    mutating func appendPercentEncoded(_ byte: UInt8) {
        guard !byte.isUnreserved else { return append(byte) }
        append(UInt8(ascii: "%"))
        append(Self.uppercaseHexadecimalDigit(byte >> 4))
        append(Self.uppercaseHexadecimalDigit(byte & 15))
    }

    /// Appends `text` with its percent escapes resolved and then made anew, so that `%7e`, `%7E` and `~` come out
    /// alike. A percent sign without two hexadecimal digits after it stands for itself.
    mutating func appendNormalizingPercentEncoding(_ text: ArraySlice<UInt8>) {
        var index = text.startIndex
        while index < text.endIndex {
            if text[index] == UInt8(ascii: "%"), index + 2 < text.endIndex,
                let high = text[index + 1].hexadecimalValue, let low = text[index + 2].hexadecimalValue
            {
                appendPercentEncoded(high << 4 | low)
                index += 3
            } else {
                appendPercentEncoded(text[index])
                index += 1
            }
        }
    }

    private static func uppercaseHexadecimalDigit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "A") + value - 10
    }
}

extension UInt8 {
    var isUnreserved: Bool {
        switch self {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
            UInt8(ascii: "~"):
            true
        default: false
        }
    }

    fileprivate var hexadecimalValue: UInt8? {
        switch self {
        case UInt8(ascii: "A")...UInt8(ascii: "F"): self - UInt8(ascii: "A") + 10
        default: lowercaseHexadecimalValue
        }
    }
}
