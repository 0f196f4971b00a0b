import LibCrypto
import SecureMemory

/// The textual encoding of RFC 7468.
enum PEM {
    /// - Parameter der: not a secret, as a `String` is nowhere wiped.
    static func text(_ label: String, der: [UInt8]) -> String {
        let buffer = SecureBuffer(capacity: capacity(label, der.count))
        unsafe write(label, der.span.bytes, to: buffer)
        return buffer.withExposedBytes { unsafe $0.withUnsafeBytes { unsafe String(decoding: $0, as: UTF8.self) } }
    }

    /// For a secret.
    static func secret(_ label: String, der: RawSpan) -> SecretBytes {
        let buffer = SecureBuffer(capacity: capacity(label, der.byteCount))
        write(label, der, to: buffer)
        return buffer.withExposedBytes { SecretBytes(copying: $0) }
    }

    private static func capacity(_ label: String, _ size: Int) -> Int {
        2 * (label.utf8.count + 18) + size / 48 * 65 + 70
    }

    private static func write(_ label: String, _ der: RawSpan, to buffer: SecureBuffer) {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        buffer.append(Array("-----BEGIN \(label)-----\n".utf8))
        for start in stride(from: 0, to: der.byteCount, by: 3) {
            let count = min(3, der.byteCount - start)
            var group: UInt32 = 0
            for index in 0..<3 {
                group = group << 8 | (index < count ? UInt32(der.byte(at: start + index)) : 0)
            }
            for index in 0..<4 {
                let digit = Int(group >> UInt32(18 - 6 * index) & 63)
                buffer.append(index <= count ? alphabet[digit] : UInt8(ascii: "="))
            }
            // 64 characters a line; the last one is ended below.
            if (start + 3) % 48 == 0, start + 3 < der.byteCount { buffer.append(UInt8(ascii: "\n")) }
        }
        buffer.append(Array("\n-----END \(label)-----\n".utf8))
    }

    /// The DER in the first block with this label, or nil where there is none.
    static func der(_ label: String, in text: RawSpan) -> SecretBytes? {
        let begin = "-----BEGIN \(label)-----"
        guard let start = text.firstOffset(of: begin) else { return nil }
        let rest = text.extracting((start + begin.utf8.count)..<text.byteCount)
        guard let end = rest.firstOffset(of: "-----END \(label)-----") else { return nil }
        return try? SecretEncoding.base64.decode(SecretBytes(copying: rest.extracting(0..<end)))
    }
}
