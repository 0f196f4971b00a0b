import LibCrypto
import SecureMemory
import Synchronization

/// What GetParametersForImport tells.
package struct ImportParameters: Sendable {
    package let keyARN: String
    package let importToken: [UInt8]
    /// DER SubjectPublicKeyInfo of the wrapping key.
    package let publicKey: [UInt8]
    package let validTo: Timestamp
}

extension KeyStore {
    /// Hours that a wrapping key and its import token live (GetParametersForImport).
    package static let importParametersHours = 24

    /// How many wrapping keys one key may have at a time; a new one takes the place of the oldest.
    package static let maximumWrappingKeysPerKey = 5

    /// Makes an RSA key pair in the token, for the material of one key to be wrapped under, and the token that the
    /// wrapped material has to come with.
    package func parametersForImport(
        of name: String, algorithm: String, wrappingKeySpec: String, by context: CallContext
    ) async throws(KMSError) -> ImportParameters {
        let entry = try resolveKeyOnly(
            name, for: .getParametersForImport, by: context, with: .wrapping(algorithm, wrappingKeySpec))
        try entry.checkOrigin(.external)
        let wrapping = try WrappingAlgorithm(algorithm)
        try wrapping.check(entry.key.spec, under: wrappingKeySpec)

        let validTo = Timestamp(milliseconds: clock.now.milliseconds + Int64(Self.importParametersHours) * 3_600_000)
        let sealingKey = try await systemKey(for: .importTokens)
        let wrappingKey = try await makeWrappingKey(
            KeySpec(rawValue: wrappingKeySpec), for: entry.key.address, validTo: validTo)
        let token = ImportToken(
            wrappingKey: wrappingKey.reference.object, key: entry.key.address, algorithm: wrapping.name,
            validTo: validTo
        )
        let sealed = try await backend.encrypt(
            SecretBytes(copying: token.encoded), authenticating: ImportToken.authenticatedData, with: sealingKey
        )
        return ImportParameters(
            keyARN: entry.arn, importToken: sealed.bytes, publicKey: wrappingKey.publicKey, validTo: validTo)
    }

    /// The wrapping key that a token names, with the algorithm that it is for.
    func openImportToken(
        _ bytes: [UInt8], for key: KeyAddress
    ) async throws(KMSError) -> (wrappingKey: WrappingKey, algorithm: String) {
        let refusal = KMSError(
            .invalidImportToken,
            "The import token is not one that GetParametersForImport gave for this key. Get new parameters, and wrap the "
                + "key material anew."
        )
        guard let sealed = SealedBytes(bytes), let sealingKey = systemKeys.withLock({ $0[.importTokens] }) else {
            throw refusal
        }
        let plaintext: SecretBytes
        do {
            plaintext = try await backend.decrypt(
                sealed, authenticating: ImportToken.authenticatedData, with: sealingKey)
        } catch {
            throw error.code == .invalidCiphertext ? refusal : error
        }
        let opened = plaintext.withExposedBytes { span in unsafe span.withUnsafeBytes { unsafe Array($0) } }
        guard let token = ImportToken(decoding: opened, for: key) else { throw refusal }
        guard clock.now < token.validTo else {
            throw KMSError(
                .expiredImportToken,
                "The import token has expired: it was valid for \(Self.importParametersHours) hours. Get new "
                    + "parameters, and wrap the key material anew."
            )
        }
        guard let wrappingKey = wrappingKeys.withLock({ $0.ready[token.wrappingKey] }), wrappingKey.key == key else {
            throw refusal
        }
        return (wrappingKey, token.algorithm)
    }

    /// Intent, token, commit, as for every object.
    func makeWrappingKey(
        _ spec: KeySpec, for key: KeyAddress, validTo: Timestamp
    ) async throws(KMSError) -> WrappingKey {
        guard wrappingKeys.withLock({ $0.abandoned.count }) < Self.maximumAbandoned else { throw .tooMuchToUndo }
        let intent = WrappingKey(
            reference: MaterialReference(object: .random(), checkValue: []), publicKey: [], key: key, spec: spec,
            validTo: validTo
        )
        try await changes.run { () async throws(KMSError) in try await journal.prepare([.saveWrappingKey(intent)]) }
        do {
            let generated = try await backend(in: regions.place(of: key.scope.region)).generateWrappingKey(
                spec, id: intent.reference.object)
            var made = intent
            made.reference = MaterialReference(object: intent.reference.object, checkValue: generated.checkValue)
            made.publicKey = generated.publicKey
            let ready = made
            try await changes.run { () async throws(KMSError) in
                try await journal.prepare([.saveWrappingKey(ready)])
                wrappingKeys.withLock { keys in
                    // The oldest make room; the next round destroys them.
                    for old in keys.ready(for: key).dropLast(Self.maximumWrappingKeysPerKey - 1) { keys.abandon(old) }
                    keys.save(ready)
                }
            }
            return ready
        } catch {
            wrappingKeys.withLock { $0.abandon(intent) }
            throw error
        }
    }
}

/// How key material may be wrapped (AlgorithmSpec of AWS KMS).
struct WrappingAlgorithm {
    let name: String
    /// Whether the RSA key wraps an AES key, and that one the material, so that the material may have any size.
    let isTwoSteps: Bool
    private let digest: Digest

    init(_ name: String) throws(KMSError) {
        self.name = name
        switch name {
        case "RSAES_OAEP_SHA_1": (isTwoSteps, digest) = (false, .sha1)
        case "RSAES_OAEP_SHA_256": (isTwoSteps, digest) = (false, .sha256)
        case "RSA_AES_KEY_WRAP_SHA_1": (isTwoSteps, digest) = (true, .sha1)
        case "RSA_AES_KEY_WRAP_SHA_256": (isTwoSteps, digest) = (true, .sha256)
        default:
            throw KMSError(
                .unsupported,
                "The wrapping algorithm \(name) is not supported. Use RSA_AES_KEY_WRAP_SHA_256 or RSAES_OAEP_SHA_256."
            )
        }
    }

    /// Throws `unsupported` where material of `spec` does not fit under an RSA key of `wrappingKeySpec`.
    func check(_ spec: KeySpec, under wrappingKeySpec: String) throws(KMSError) {
        guard let modulus = ["RSA_2048": 256, "RSA_3072": 384, "RSA_4096": 512][wrappingKeySpec] else {
            throw KMSError(
                .unsupported,
                "The wrapping key spec \(wrappingKeySpec) is not supported. Use RSA_2048, RSA_3072 or RSA_4096."
            )
        }
        guard !isTwoSteps else { return }
        // OAEP takes two hashes and two bytes of the modulus (RFC 8017, section 7.1.1).
        let room = modulus - 2 * digest.size - 2
        guard let size = Self.sizes[spec], size <= room else {
            throw KMSError(
                .unsupported,
                "Key material of spec \(spec.rawValue) does not fit into \(name) under an \(wrappingKeySpec) key. Use "
                    + "RSA_AES_KEY_WRAP_SHA_256."
            )
        }
    }

    /// The most bytes that the material of a spec has, as it is wrapped: a secret as it is, a private key as PKCS#8 with
    /// its public key. RSA keys are larger than any modulus.
    private static let sizes: [KeySpec: Int] = [
        .symmetricDefault: 32, .hmac224: 28, .hmac256: 32, .hmac384: 48, .hmac512: 64, .p256: 138, .p384: 185,
        .p521: 241, .secp256k1: 135, .edwards25519: 83,
    ]
}

extension KeyEntry {
    func checkOrigin(_ origin: KeyOrigin) throws(KMSError) {
        guard key.origin == origin else { throw originNotValid }
    }

    var originNotValid: KMSError {
        KMSError(.unsupported, "\(arn) origin is \(key.origin.rawValue) which is not valid for this operation.")
    }
}
