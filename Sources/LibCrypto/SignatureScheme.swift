internal import CLibCrypto

/// How a signature is made from a digest, or with Ed25519 from a message.
package enum SignatureScheme: Hashable, Sendable {
    /// RSASSA-PSS (RFC 8017, section 8.1): MGF1 with the same digest, a salt as long as the digest.
    case rsaPSS(Digest)
    /// RSASSA-PKCS1-v1_5 (RFC 8017, section 8.2).
    case rsaPKCS1(Digest)
    /// ECDSA (FIPS 186-5, section 6), the signature in DER (RFC 3279, section 2.2.3).
    case ecdsa(Digest)
    /// PureEdDSA on Curve25519 (RFC 8032, section 5.1), of the message itself.
    case ed25519

    var code: libcrypto_scheme {
        switch self {
        case .rsaPSS: libcrypto_sign_rsa_pss
        case .rsaPKCS1: libcrypto_sign_rsa_pkcs1
        case .ecdsa: libcrypto_sign_ecdsa
        case .ed25519: libcrypto_sign_ed25519
        }
    }

    /// The digest that the input is one of; Ed25519 has none of its own, and any stands in.
    var digestCode: libcrypto_digest {
        switch self {
        case .rsaPSS(let digest), .rsaPKCS1(let digest), .ecdsa(let digest): digest.code
        case .ed25519: libcrypto_sha512
        }
    }
}
