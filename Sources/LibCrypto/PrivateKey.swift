internal import CLibCrypto
internal import SecureMemory

/// A key pair in this process's memory: only for data key pairs and for imports, never for a key of the token's.
@safe package struct PrivateKey: ~Copyable, @unchecked Sendable {
    // Unchecked because the key is owned by this one value and never changes; OpenSSL lets threads share such a key.
    let key: OpaquePointer
    package let publicKey: PublicKey

    private init(_ make: (_ fault: inout UnsafePointer<CChar>?) -> OpaquePointer?) throws(LibCryptoError) {
        let key = try unsafe made(make)
        do throws(LibCryptoError) {
            publicKey = try unsafe PrivateKey.publicPart(of: key)
        } catch {
            unsafe libcrypto_key_free(key)
            throw error
        }
        unsafe self.key = key
    }

    deinit {
        // Wipes the numbers, too.
        unsafe libcrypto_key_free(key)
    }

    private static func publicPart(of key: OpaquePointer) throws(LibCryptoError) -> PublicKey {
        let encoded = unsafe output { target, size in unsafe libcrypto_key_spki(key, target, &size) }
        guard let encoded else { throw LibCryptoError("the public key cannot be encoded") }
        return try PublicKey(subjectPublicKeyInfo: encoded)
    }

    /// - Parameter bytes: PrivateKeyInfo (RFC 5208) in DER, with nothing behind it. Its numbers are checked.
    package init(pkcs8 bytes: RawSpan) throws(LibCryptoError) {
        try unsafe self.init { fault in
            unsafe bytes.withUnsafeBytes { unsafe libcrypto_private_from_pkcs8($0.baseAddress, $0.count, &fault) }
        }
    }

    /// The first private key of a PEM text (RFC 7468), if it is not encrypted: PKCS#8, PKCS#1 or SEC 1.
    package init(pem text: RawSpan) throws(LibCryptoError) {
        try unsafe self.init { fault in
            unsafe text.withUnsafeBytes { unsafe libcrypto_private_from_pem($0.baseAddress, $0.count, &fault) }
        }
    }

    /// The numbers are checked: primes, products and inverses.
    package init(rsa components: borrowing RSAComponents) throws(LibCryptoError) {
        let numbers = components.joined()
        let sizes = components.sizes
        try unsafe self.init { fault in
            unsafe numbers.withExposedBytes { numbers in
                unsafe numbers.withUnsafeBytes { unsafe libcrypto_private_from_rsa($0.baseAddress, sizes, &fault) }
            }
        }
    }

    /// - Parameter scalar: big-endian, at most as long as the curve's field.
    package init(curve: Curve, scalar: RawSpan) throws(LibCryptoError) {
        try unsafe self.init { fault in
            unsafe scalar.withUnsafeBytes {
                unsafe libcrypto_private_from_scalar(curve.code, $0.baseAddress, $0.count, &fault)
            }
        }
    }

    /// - Parameter seed: the 32 bytes of RFC 8032, section 5.1.5.
    package init(ed25519Seed seed: RawSpan) throws(LibCryptoError) {
        try unsafe self.init { fault in
            unsafe seed.withUnsafeBytes { unsafe libcrypto_private_from_ed25519($0.baseAddress, $0.count, &fault) }
        }
    }

    /// Makes a key pair; RSA's public exponent is 65,537.
    package static func generate(_ kind: PublicKey.Kind) throws(LibCryptoError) -> PrivateKey {
        try unsafe PrivateKey { fault in
            switch kind {
            case .rsa(let bits):
                unsafe libcrypto_generate(libcrypto_rsa, Int32(clamping: bits), libcrypto_p256, &fault)
            case .ec(let curve): unsafe libcrypto_generate(libcrypto_ec, 0, curve.code, &fault)
            case .ed25519: unsafe libcrypto_generate(libcrypto_ed25519, 0, libcrypto_p256, &fault)
            }
        }
    }
}
