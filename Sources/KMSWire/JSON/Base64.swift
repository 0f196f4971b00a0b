import FoundationEssentials

/// Base64 as RFC 4648 §4 has it, with its padding and nothing besides.
enum Base64 {
    /// Nil when `text` is anything else. Foundation alone also takes `AA=A` and `====`.
    static func decode(_ text: String) -> Data? {
        if let padding = text.utf8.firstIndex(of: UInt8(ascii: "=")) {
            let tail = text.utf8[padding...]
            guard tail.count <= 2, tail.allSatisfy({ $0 == UInt8(ascii: "=") }) else { return nil }
        }
        return Data(base64Encoded: text)
    }
}
