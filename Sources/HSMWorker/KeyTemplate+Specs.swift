import HSMWorkerProtocol
import LibCrypto
import PKCS11

// The one table of kinds of keys in the worker: spec and usage to what the token is asked for.
extension KeyTemplate {
    struct Name: Hashable {
        let spec: String
        let usage: Usage
    }

    static let all: [Name: KeyTemplate] = {
        var all = [
            KeyTemplate(
                "SYMMETRIC_DEFAULT", .encryptDecrypt, .aes, .aes, .aesKeyGeneration, uses: [.encrypt, .decrypt])
        ]
        for digest in [Digest.sha224, .sha256, .sha384, .sha512] {
            // Generic secrets: every token takes them for HMAC, key types of their own for each hash hardly any.
            all.append(
                KeyTemplate(
                    "HMAC_\(digest.size * 8)", .generateVerifyMAC, .hmac(digest), .genericSecret,
                    .genericSecretKeyGeneration, uses: [.sign, .verify]
                )
            )
        }
        for bits in [2048, 3072, 4096] {
            all += [
                rsa(bits, .signVerify, uses: [.sign], publicUses: [.verify]),
                rsa(bits, .encryptDecrypt, uses: [.decrypt], publicUses: [.encrypt]),
                rsa(bits, .unwrap, uses: [.decrypt, .unwrap], publicUses: [.encrypt, .wrap]),
            ]
        }
        let curves = [("ECC_NIST_P256", Curve.p256), ("ECC_NIST_P384", .p384), ("ECC_NIST_P521", .p521)]
        for (spec, curve) in curves {
            all.append(signing(spec, curve))
            all.append(
                KeyTemplate(
                    spec, .keyAgreement, .ec(curve), .ec, .ecKeyPairGeneration, uses: [.derive], publicUses: [.derive])
            )
        }
        all.append(signing("ECC_SECG_P256K1", .secp256k1))
        all.append(
            KeyTemplate(
                "ECC_NIST_EDWARDS25519", .signVerify, .ed25519, .edwards, .edwardsKeyPairGeneration, uses: [.sign],
                publicUses: [.verify]
            )
        )
        return Dictionary(uniqueKeysWithValues: all.map { (Name(spec: $0.spec, usage: $0.usage), $0) })
    }()

    /// The same for keys that can leave their token. A wrapping key never does.
    static let movable = all.filter { $0.key.usage != .unwrap }.mapValues { $0.with(.wrapped) }
    static let movableByTrusted = all.filter { $0.key.usage != .unwrap }.mapValues { $0.with(.wrappedByTrusted) }

    /// SYMMETRIC_DEFAULT on a token without AES-GCM. Its objects are this one and ``macKey``, of one id.
    static let encryptThenMAC = KeyTemplate(
        CheckValueName.symmetric.spec, .encryptDecrypt, .encryptThenMAC, .aes, .aesKeyGeneration,
        uses: [.encrypt, .decrypt])

    /// A generic secret of 32 bytes that makes MACs. They are compared in the worker, so it need not verify any.
    private static let macKey = KeyTemplate(
        CheckValueName.symmetric.spec, .encryptDecrypt, .hmac(.sha256), .genericSecret, .genericSecretKeyGeneration,
        uses: [.sign])

    /// The template of the second object, where there are two.
    var companion: KeyTemplate? { kind == .encryptThenMAC ? Self.macKey : nil }

    /// How many objects the token has of such a key.
    var objectCount: Int { companion == nil ? 1 : 2 }

    /// What encryption with authentication takes where there is no AES-GCM.
    static let encryptThenMACMechanisms: [MechanismType] = [.aesCBC, .genericSecretKeyGeneration, .sha256HMAC]

    private static func rsa(
        _ bits: Int, _ usage: Usage, uses: [AttributeType], publicUses: [AttributeType]
    ) -> KeyTemplate {
        KeyTemplate(
            "RSA_\(bits)", usage, .rsa(bits: bits), .rsa, .rsaKeyPairGeneration, uses: uses, publicUses: publicUses)
    }

    private static func signing(_ spec: String, _ curve: Curve) -> KeyTemplate {
        KeyTemplate(
            spec, .signVerify, .ec(curve), .ec, .ecKeyPairGeneration, uses: [.sign], publicUses: [.verify])
    }

    /// What specs need that PKCS#11 v2.40 has no mechanism for, so that their absence can be told by name.
    static func mechanismsOfOthers(_ spec: String) -> [MechanismType] {
        spec.hasPrefix("ML_DSA_") ? [.mlDSAKeyPairGeneration] : []
    }

    /// What the token cannot do without to use such a key at all; the first that is missing is told to the caller.
    func neededMechanisms(_ token: Token) -> [MechanismType] {
        switch kind {
        case .aes: [.aesGCM]
        case .encryptThenMAC: Self.encryptThenMACMechanisms
        case .hmac(let digest): [digest.hmac]
        case .rsa: usage == .signVerify ? [.rsaPKCS1] : [token.oaepHashes.isEmpty ? .rsaRaw : .rsaOAEP]
        case .ec: [usage == .keyAgreement ? .ecdh1Derive : .ecdsa]
        case .ed25519: [.eddsa]
        }
    }
}

extension Digest {
    /// The mechanism of HMAC with this hash.
    var hmac: MechanismType {
        switch self {
        case .sha1: .sha1HMAC
        case .sha224: .sha224HMAC
        case .sha256: .sha256HMAC
        case .sha384: .sha384HMAC
        case .sha512: .sha512HMAC
        }
    }

    /// RSAES-OAEP with this hash, as the token does it.
    var oaep: Mechanism { Mechanism(.rsaOAEP, .oaep(hash: mechanism)) }

    /// That, for people.
    var oaepName: String { "\(MechanismType.rsaOAEP) with SHA-\(self == .sha1 ? 1 : size * 8)" }

    /// The mechanism of this hash, as parameters of PSS and OAEP name it.
    var mechanism: MechanismType {
        switch self {
        case .sha1: .sha1
        case .sha224: .sha224
        case .sha256: .sha256
        case .sha384: .sha384
        case .sha512: .sha512
        }
    }
}
