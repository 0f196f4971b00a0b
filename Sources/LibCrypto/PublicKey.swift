internal import CLibCrypto

/// A public key of RSA (2,048 to 8,192 bits), a named curve or Ed25519. Parsed once, then used any number of times.
package struct PublicKey: Hashable, Sendable {
    package enum Kind: Hashable, Sendable {
        case rsa(bits: Int)
        case ec(Curve)
        case ed25519
    }

    /// DER (RFC 5280, section 4.1.2.7), an elliptic curve's point uncompressed. Two keys are equal if it is.
    package let subjectPublicKeyInfo: [UInt8]
    package let kind: Kind
    let handle: KeyHandle

    init(_ handle: KeyHandle) throws(LibCryptoError) {
        self.handle = handle
        kind = unsafe handle.withKey { unsafe Kind(of: $0) }
        let encoded = unsafe handle.withKey { key in
            unsafe output { target, size in unsafe libcrypto_key_spki(key, target, &size) }
        }
        guard let encoded else { throw LibCryptoError("the public key cannot be encoded") }
        subjectPublicKeyInfo = encoded
    }

    /// Takes one DER value with nothing behind it. A point may be compressed; infinity, points that are not on the
    /// curve, curves that are not named, and other algorithms are refused.
    package init(subjectPublicKeyInfo bytes: [UInt8]) throws(LibCryptoError) {
        let handle = try unsafe KeyHandle { unsafe libcrypto_public_from_spki(bytes, bytes.count, &$0) }
        try self.init(handle)
    }

    /// - Parameters: big-endian numbers.
    package init(rsaModulus modulus: [UInt8], publicExponent exponent: [UInt8]) throws(LibCryptoError) {
        let handle = try unsafe KeyHandle {
            unsafe libcrypto_public_from_rsa(modulus, modulus.count, exponent, exponent.count, &$0)
        }
        try self.init(handle)
    }

    /// - Parameter point: SEC 1 octets (section 2.3.3), uncompressed or compressed.
    package init(curve: Curve, point: [UInt8]) throws(LibCryptoError) {
        let handle = try unsafe KeyHandle {
            unsafe libcrypto_public_from_point(curve.code, point, point.count, &$0)
        }
        try self.init(handle)
    }

    /// - Parameter bytes: the 32 bytes of RFC 8032, section 5.1.2.
    package init(ed25519 bytes: [UInt8]) throws(LibCryptoError) {
        let handle = try unsafe KeyHandle { unsafe libcrypto_public_from_ed25519(bytes, bytes.count, &$0) }
        try self.init(handle)
    }

    package static func == (a: PublicKey, b: PublicKey) -> Bool {
        a.subjectPublicKeyInfo == b.subjectPublicKeyInfo
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(subjectPublicKeyInfo)
    }

    /// Big-endian without leading zeros; nil for other kinds.
    package var rsaModulus: [UInt8]? {
        guard case .rsa = kind else { return nil }
        return unsafe handle.withKey { key in
            unsafe output { target, size in unsafe libcrypto_key_modulus(key, target, &size) }
        }
    }

    /// Big-endian without leading zeros; nil for other kinds.
    package var rsaPublicExponent: [UInt8]? {
        guard case .rsa = kind else { return nil }
        return unsafe handle.withKey { key in
            unsafe output { target, size in unsafe libcrypto_key_exponent(key, target, &size) }
        }
    }

    /// A curve's point as 04, x and y; Ed25519's 32 bytes; nil for RSA.
    package var point: [UInt8]? {
        if case .rsa = kind { return nil }
        return unsafe handle.withKey { key in
            unsafe output { target, size in unsafe libcrypto_key_point(key, target, &size) }
        }
    }
}
