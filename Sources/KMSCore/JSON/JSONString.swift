/// A string in a JSON text, as it stands there between its quotation marks.
package struct JSONString: Hashable, Sendable {
    package let range: Range<Int>
    /// Whether its characters are its bytes: ASCII without an escape.
    package let isPlain: Bool

    /// The string; nil for half of a surrogate pair.
    package func text(of bytes: [UInt8]) -> String? {
        if isPlain { return String(decoding: bytes[range], as: UTF8.self) }
        return decoded(of: bytes).map { String(decoding: $0, as: UTF8.self) }
    }

    /// The same in UTF-8.
    package func decoded(of bytes: [UInt8]) -> [UInt8]? {
        var decoded: [UInt8] = []
        decoded.reserveCapacity(range.count)
        var units: [UInt16] = []
        var rest = bytes[range]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "\\"), let kind = rest.popFirst() else {
                guard Self.flush(&units, to: &decoded) else { return nil }
                decoded.append(byte)
                continue
            }
            if kind == UInt8(ascii: "u") {
                units.append(rest.prefix(4).reduce(0) { $0 << 4 | UInt16($1.hexadecimalValue ?? 0) })
                rest = rest.dropFirst(4)
                continue
            }
            guard Self.flush(&units, to: &decoded) else { return nil }
            decoded.append(Self.escapes[kind] ?? kind)
        }
        return Self.flush(&units, to: &decoded) ? decoded : nil
    }

    private static let escapes: [UInt8: UInt8] = [
        UInt8(ascii: "b"): 0x08, UInt8(ascii: "f"): 0x0c, UInt8(ascii: "n"): 0x0a, UInt8(ascii: "r"): 0x0d,
        UInt8(ascii: "t"): 0x09,
    ]

    private static func flush(_ units: inout [UInt16], to decoded: inout [UInt8]) -> Bool {
        guard !units.isEmpty else { return true }
        defer { units.removeAll() }
        guard let text = String(validating: units, as: UTF16.self) else { return false }
        decoded += text.utf8
        return true
    }
}

extension UInt8 {
    /// Of a hexadecimal digit in either case.
    var hexadecimalValue: UInt8? {
        switch self {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): self - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): self - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): self - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
