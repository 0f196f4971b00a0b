import LibCrypto

/// SHA-256 (FIPS 180-4), as lower-case hexadecimal.
package struct LogHash: Hashable, Sendable, CustomStringConvertible {
    static let hexadecimalSize = 64
    let hexadecimal: [UInt8]

    /// What stands before the first line.
    static let zero = LogHash(hexadecimal: [UInt8](repeating: UInt8(ascii: "0"), count: hexadecimalSize))

    private init(hexadecimal: [UInt8]) {
        self.hexadecimal = hexadecimal
    }

    package init(of bytes: Span<UInt8>) {
        let digits = Self.digits
        // Unsafe in general for the padding of larger elements; bytes have none.
        let hash = unsafe Digest.sha256.hash(bytes.bytes)
        hexadecimal = unsafe [UInt8](unsafeUninitializedCapacity: Self.hexadecimalSize) { text, count in
            for (index, byte) in hash.enumerated() {
                unsafe text[2 * index] = digits[Int(byte >> 4)]
                unsafe text[2 * index + 1] = digits[Int(byte & 15)]
            }
            count = Self.hexadecimalSize
        }
    }

    private static let digits = Array("0123456789abcdef".utf8)

    package init?(_ text: String) {
        hexadecimal = Array(text.utf8)
        guard hexadecimal.count == Self.hexadecimalSize, hexadecimal.allSatisfy(Self.digits.contains)
        else { return nil }
    }

    package var description: String { String(decoding: hexadecimal, as: UTF8.self) }
}
