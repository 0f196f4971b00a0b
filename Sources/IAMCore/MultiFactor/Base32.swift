import SecureMemory

/// Base32 (RFC 4648, section 6), as authenticators take secrets.
enum Base32 {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".utf8)

    /// Of a secret whose size is a multiple of five bytes, so that there is no padding.
    static func encode(_ secret: borrowing SecretBytes) -> SecretBytes {
        precondition(secret.count.isMultiple(of: 5), "five bytes make eight characters")
        return secret.withExposedBytes { bytes in
            SecretBytes(count: bytes.byteCount / 5 * 8) { (text: inout MutableRawSpan) in
                for index in 0..<bytes.byteCount / 5 * 8 {
                    // The five bits that begin at bit 5 × index.
                    let (byte, bit) = (index * 5).quotientAndRemainder(dividingBy: 8)
                    let high = UInt16(unsafe bytes.unsafeLoad(fromByteOffset: byte, as: UInt8.self)) << 8
                    let low =
                        byte + 1 < bytes.byteCount
                        ? UInt16(unsafe bytes.unsafeLoad(fromByteOffset: byte + 1, as: UInt8.self)) : 0
                    let value = (high | low) >> (11 - bit) & 31
                    text.storeBytes(of: alphabet[Int(value)], toByteOffset: index, as: UInt8.self)
                }
            }
        }
    }
}
