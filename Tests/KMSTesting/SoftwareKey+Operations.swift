package import KMSCore
internal import LibCrypto
internal import SecureMemory

extension SoftwareKey {
    package func sign(_ input: [UInt8], _ algorithm: String) throws(KMSError) -> [UInt8] {
        let pair = try pair(for: KeyUsage.signVerify.rawValue)
        guard AlgorithmTable.entry(for: spec)?.signingAlgorithms.contains(algorithm) == true,
            let scheme = SigningAlgorithm.all[algorithm]?.scheme
        else { throw Self.refused }
        do {
            return try pair.privateKey.sign(input, scheme)
        } catch {
            throw Self.refused
        }
    }

    package func authenticationCode(of message: [UInt8], _ algorithm: String) throws(KMSError) -> [UInt8] {
        let key = try bytes(for: .generateVerifyMAC)
        let digests = [
            "HMAC_SHA_224": Digest.sha224, "HMAC_SHA_256": .sha256, "HMAC_SHA_384": .sha384, "HMAC_SHA_512": .sha512,
        ]
        guard AlgorithmTable.entry(for: spec)?.macAlgorithms.contains(algorithm) == true,
            let digest = digests[algorithm]
        else { throw Self.refused }
        return unsafe HMAC.authenticationCode(digest, key: key.span.bytes, message: message.span.bytes)
    }

    package func decryptRSA(_ ciphertext: [UInt8], _ algorithm: String) throws(KMSError) -> [UInt8] {
        let pair = try pair(for: KeyUsage.encryptDecrypt.rawValue)
        guard let hash = Self.oaepHash(algorithm, prefix: "RSAES_OAEP_") else { throw Self.refused }
        return try Self.decryptOAEP(ciphertext, hash, pair)
    }

    /// `point` is uncompressed and on the key's curve.
    package func sharedSecret(with point: [UInt8]) throws(KMSError) -> [UInt8] {
        let pair = try pair(for: KeyUsage.keyAgreement.rawValue)
        guard case .ec(let curve) = pair.privateKey.publicKey.kind else { throw Self.refused }
        do {
            return try pair.privateKey.sharedSecret(with: PublicKey(curve: curve, point: point)).exposedArray
        } catch {
            throw Self.refused
        }
    }

    /// Opens what was wrapped to be imported (GetParametersForImport's WrappingAlgorithm).
    package func unwrap(_ wrapped: [UInt8], _ algorithm: String) throws(KMSError) -> [UInt8] {
        let pair = try pair(for: Self.unwrap)
        if let hash = Self.oaepHash(algorithm, prefix: "RSAES_OAEP_") {
            return try Self.decryptOAEP(wrapped, hash, pair)
        }
        guard let hash = Self.oaepHash(algorithm, prefix: "RSA_AES_KEY_WRAP_"),
            case .rsa(let bits) = pair.privateKey.publicKey.kind
        else { throw KMSError(.unsupported, "no wrapping algorithm \(algorithm)") }
        guard wrapped.count > bits / 8 else { throw .invalidCiphertext }
        let key = try Self.decryptOAEP(Array(wrapped.prefix(bits / 8)), hash, pair)
        let rest = Array(wrapped.dropFirst(bits / 8))
        guard [16, 24, 32].contains(key.count),
            let material = unsafe AESKeyWrapPadded.unwrap(rest.span.bytes, with: key.span.bytes)
        else { throw .invalidCiphertext }
        return material.exposedArray
    }

    /// A key pair that nobody keeps: its public part, and its private part as PKCS#8.
    package static func generateDataKeyPair(
        _ spec: KeySpec, _ supply: RSAPairSupply
    ) throws(KMSError) -> (publicKey: [UInt8], privateKey: [UInt8]) {
        let pair = try generatePair(spec, supply)
        return (pair.privateKey.publicKey.subjectPublicKeyInfo, pair.privateKey.pkcs8().exposedArray)
    }

    private static func oaepHash(_ algorithm: String, prefix: String) -> Digest? {
        switch algorithm {
        case prefix + "SHA_1": .sha1
        case prefix + "SHA_256": .sha256
        default: nil
        }
    }

    private static func decryptOAEP(_ ciphertext: [UInt8], _ hash: Digest, _ pair: KeyPair) throws(KMSError) -> [UInt8]
    {
        do {
            return try pair.privateKey.decryptOAEP(ciphertext, hash).exposedArray
        } catch {
            throw .invalidCiphertext
        }
    }
}
