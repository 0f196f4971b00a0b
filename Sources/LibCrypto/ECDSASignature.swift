internal import CLibCrypto

/// The two forms of an ECDSA signature: r and s side by side (PKCS#11, IEEE P1363), and DER (RFC 3279, section 2.2.3).
package enum ECDSASignature {
    /// - Parameter raw: r and s, of the same size.
    package static func der(fromRaw raw: [UInt8]) throws(LibCryptoError) -> [UInt8] {
        let der = unsafe output(room: raw.count + 16) { target, size in
            unsafe libcrypto_ecdsa_to_der(raw, raw.count, target, &size)
        }
        guard let der else { throw LibCryptoError("an ECDSA signature is not two numbers of the same size") }
        return der
    }

    /// - Parameter der: one value in DER and nothing else, whose numbers fit the curve.
    package static func raw(fromDER der: [UInt8], _ curve: Curve) throws(LibCryptoError) -> [UInt8] {
        let raw = unsafe output(room: 2 * curve.fieldSize) { target, size in
            size = 2 * curve.fieldSize
            return unsafe libcrypto_ecdsa_from_der(der, der.count, curve.fieldSize, target)
        }
        guard let raw else { throw LibCryptoError("an ECDSA signature is not two numbers of the curve in DER") }
        return raw
    }
}
