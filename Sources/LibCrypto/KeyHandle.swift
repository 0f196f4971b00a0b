internal import CLibCrypto

/// A public key as the library holds it, parsed once.
@safe final class KeyHandle: @unchecked Sendable {
    // Unchecked because the key never changes once it is made, and OpenSSL lets threads share such a key: what it
    // counts and caches inside is behind its own locks (openssl-threads(7)).
    private let key: OpaquePointer

    /// Takes over the key that `make` gives.
    init(
        _ make: (_ fault: inout UnsafePointer<CChar>?) -> OpaquePointer?
    ) throws(LibCryptoError) {
        unsafe key = try made(make)
    }

    deinit {
        unsafe libcrypto_key_free(key)
    }

    /// Lends the key, which no one changes.
    func withKey<R: ~Copyable, E: Error>(_ body: (OpaquePointer) throws(E) -> R) throws(E) -> R {
        try unsafe body(key)
    }
}

/// What `make` gives, or the fault that it names.
func made(_ make: (_ fault: inout UnsafePointer<CChar>?) -> OpaquePointer?) throws(LibCryptoError) -> OpaquePointer {
    var fault: UnsafePointer<CChar>?
    if let key = unsafe make(&fault) { return unsafe key }
    guard let text = unsafe fault else { throw LibCryptoError("the library refuses the key") }
    throw LibCryptoError(unsafe String(cString: text))
}

extension PublicKey.Kind {
    init(of key: OpaquePointer) {
        switch unsafe libcrypto_key_kind(key) {
        case libcrypto_rsa: self = unsafe .rsa(bits: Int(libcrypto_key_bits(key)))
        case libcrypto_ec: self = unsafe .ec(Curve(libcrypto_key_curve(key)))
        default: self = .ed25519
        }
    }
}
