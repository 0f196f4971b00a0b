import KMSCore
import LibCrypto
import SecureMemory
import Testing

/// What a customer does to import material: in software, as `openssl` would.
extension KeyStore {
    func newImportedKey(_ spec: KeySpec = .symmetricDefault, _ usage: KeyUsage = .encryptDecrypt) async throws
        -> KeyDescription
    {
        try await newKey {
            $0.origin = .external
            $0.spec = spec
            $0.usage = usage
        }
    }

    /// What ImportKeyMaterial takes: `secret`, wrapped under new parameters.
    func wrap(
        _ secret: [UInt8], for key: KeyDescription, algorithm: String = "RSAES_OAEP_SHA_256",
        spec: String = "RSA_2048", validTo: Timestamp? = nil, by context: CallContext = .alice
    ) async throws -> MaterialImport {
        let parameters = try await parametersForImport(
            of: key.id, algorithm: algorithm, wrappingKeySpec: spec, by: context)
        return MaterialImport(
            importToken: parameters.importToken,
            encryptedMaterial: try PublicKey(subjectPublicKeyInfo: parameters.publicKey).wrap(secret, algorithm),
            validTo: validTo, expires: validTo != nil
        )
    }

    @discardableResult
    func importSecret(
        _ secret: [UInt8], into key: KeyDescription, validTo: Timestamp? = nil, asNew: Bool = false,
        description: String? = nil
    ) async throws -> MaterialChange {
        var material = try await wrap(secret, for: key, validTo: validTo)
        material.isNew = asNew
        material.description = description
        return try await importKeyMaterial(material, into: key.id, by: .alice)
    }
}

extension PublicKey {
    func wrap(_ secret: [UInt8], _ algorithm: String) throws -> [UInt8] {
        let digest: Digest = algorithm.hasSuffix("SHA_1") ? .sha1 : .sha256
        guard algorithm.hasPrefix("RSA_AES") else { return try encryptOAEP(SecretBytes(copying: secret), digest) }
        let key = SystemRandom.bytes(32)
        let wrapped = try key.withExposedBytes { key in
            try unsafe AESKeyWrapPadded.wrap(secret.span.bytes, with: key)
        }
        return try encryptOAEP(key, digest) + wrapped
    }
}

/// A secret that is the same for the same number.
func secret(_ number: UInt8, count: Int = 32) -> [UInt8] {
    (0..<count).map { UInt8(truncatingIfNeeded: $0) ^ number }
}
