package import SecureMemory

/// The numbers of an RSA private key of two primes (RFC 8017, section 3.2), big-endian.
package struct RSAComponents: ~Copyable, Sendable {
    package let modulus: [UInt8]
    package let publicExponent: [UInt8]
    package let privateExponent: SecretBytes
    package let prime1: SecretBytes
    package let prime2: SecretBytes
    /// The private exponent modulo `prime1 - 1`.
    package let exponent1: SecretBytes
    /// The private exponent modulo `prime2 - 1`.
    package let exponent2: SecretBytes
    /// The inverse of `prime2` modulo `prime1`.
    package let coefficient: SecretBytes

    package init(
        modulus: [UInt8], publicExponent: [UInt8], privateExponent: consuming SecretBytes,
        prime1: consuming SecretBytes, prime2: consuming SecretBytes, exponent1: consuming SecretBytes,
        exponent2: consuming SecretBytes, coefficient: consuming SecretBytes
    ) {
        self.modulus = modulus
        self.publicExponent = publicExponent
        self.privateExponent = privateExponent
        self.prime1 = prime1
        self.prime2 = prime2
        self.exponent1 = exponent1
        self.exponent2 = exponent2
        self.coefficient = coefficient
    }

    /// The sizes of the numbers in PKCS#1's order.
    var sizes: [Int] {
        [
            modulus.count, publicExponent.count, privateExponent.count, prime1.count, prime2.count, exponent1.count,
            exponent2.count, coefficient.count,
        ]
    }

    /// All numbers in PKCS#1's order, one after the other.
    borrowing func joined() -> SecureBuffer {
        let buffer = SecureBuffer(capacity: sizes.reduce(0, +))
        buffer.append(modulus)
        buffer.append(publicExponent)
        privateExponent.withExposedBytes { buffer.append($0) }
        prime1.withExposedBytes { buffer.append($0) }
        prime2.withExposedBytes { buffer.append($0) }
        exponent1.withExposedBytes { buffer.append($0) }
        exponent2.withExposedBytes { buffer.append($0) }
        coefficient.withExposedBytes { buffer.append($0) }
        return buffer
    }
}
