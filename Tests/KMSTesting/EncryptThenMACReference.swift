internal import LibCrypto

/// Format 2 as docs/ciphertext-format.md describes it, by software: what a token's encrypt-then-MAC is compared with.
package struct EncryptThenMACReference: Sendable {
    package let encryptionKey: [UInt8]
    package let authenticationKey: [UInt8]

    package init(encryptionKey: [UInt8], authenticationKey: [UInt8]) {
        self.encryptionKey = encryptionKey
        self.authenticationKey = authenticationKey
    }

    package func seal(_ plaintext: [UInt8], _ aad: [UInt8], iv: [UInt8]) -> [UInt8] {
        let padding = 16 - plaintext.count % 16
        let padded = plaintext + [UInt8](repeating: UInt8(padding), count: padding)
        let ciphertext = ReferenceAES(key: encryptionKey).encryptCBC(padded, iv: iv)
        return iv + ciphertext + tag(aad, iv, ciphertext)
    }

    /// Nil for what these keys did not seal with this AAD.
    package func open(_ sealed: [UInt8], _ aad: [UInt8]) -> [UInt8]? {
        guard sealed.count >= 64, sealed.count.isMultiple(of: 16) else { return nil }
        let (iv, ciphertext) = (Array(sealed[..<16]), Array(sealed[16..<(sealed.count - 32)]))
        guard tag(aad, iv, ciphertext) == Array(sealed.suffix(32)) else { return nil }
        let padded = ReferenceAES(key: encryptionKey).decryptCBC(ciphertext, iv: iv)
        guard let padding = padded.last, (1...16).contains(padding),
            padded.suffix(Int(padding)).allSatisfy({ $0 == padding })
        else { return nil }
        return padded.dropLast(Int(padding))
    }

    package func tag(_ aad: [UInt8], _ iv: [UInt8], _ ciphertext: [UInt8]) -> [UInt8] {
        let label = Array("strongroom AES-256-CBC HMAC-SHA-256 version 2".utf8)
        let message = label + bytes(of: aad.count) + bytes(of: ciphertext.count) + aad + iv + ciphertext
        return unsafe HMAC.authenticationCode(.sha256, key: authenticationKey.span.bytes, message: message.span.bytes)
    }

    private func bytes(of count: Int) -> [UInt8] {
        (0..<4).map { UInt8(truncatingIfNeeded: count >> (24 - 8 * $0)) }
    }
}
