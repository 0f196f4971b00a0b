package import KMSCore
internal import LibCrypto
internal import SecureMemory
internal import Testing

/// Key material as somebody has it outside, and what it does there: what an imported key is compared with.
package struct KnownMaterial: Sendable, CustomTestStringConvertible {
    package let spec: KeySpec
    package let usage: KeyUsage
    /// A secret key's bytes, or a private key's PKCS#8.
    package let bytes: [UInt8]
    package let key: SoftwareKey

    package init(_ bytes: [UInt8], _ spec: KeySpec, _ usage: KeyUsage) throws(KMSError) {
        self.spec = spec
        self.usage = usage
        self.bytes = bytes
        key = try SoftwareKey.imported(bytes, as: spec, for: usage)
    }

    /// Material of this kind: new material, but for RSA, where there are ``FixedRSAKeys`` by their number.
    package init(_ kind: Kind, _ number: Int = 0) throws {
        if case .rsa(let bits) = kind.spec.publicKeyKind {
            let pkcs8 = try #require(FixedRSAKeys.pkcs8(bits: bits, number), "there are that many")
            try self.init(pkcs8, kind.spec, kind.usage)
        } else if let pair = kind.spec.publicKeyKind {
            try self.init(PrivateKey.generate(pair).pkcs8().exposedArray, kind.spec, kind.usage)
        } else {
            let sizes = [KeySpec.hmac224: 28, .hmac384: 48, .hmac512: 64]
            try self.init(.random(sizes[kind.spec] ?? 32), kind.spec, kind.usage)
        }
    }

    package var testDescription: String { "\(spec.rawValue) \(usage.rawValue)" }

    package struct Kind: Sendable, Hashable, CustomTestStringConvertible {
        package let spec: KeySpec
        package let usage: KeyUsage

        package init(_ spec: KeySpec, _ usage: KeyUsage) {
            self.spec = spec
            self.usage = usage
        }

        package var testDescription: String { "\(spec.rawValue) \(usage.rawValue)" }

        var isSecret: Bool { spec.publicKeyKind == nil }

        /// Whether the material is too large for OAEP alone.
        package var isRSA: Bool { [.rsa2048, .rsa3072, .rsa4096].contains(spec) }
    }

    /// Every kind of key that can be imported.
    package static let kinds = [
        Kind(.symmetricDefault, .encryptDecrypt), Kind(.hmac224, .generateVerifyMAC),
        Kind(.hmac256, .generateVerifyMAC), Kind(.hmac384, .generateVerifyMAC), Kind(.hmac512, .generateVerifyMAC),
        Kind(.rsa2048, .signVerify), Kind(.rsa2048, .encryptDecrypt), Kind(.rsa3072, .encryptDecrypt),
        Kind(.rsa4096, .signVerify), Kind(.p256, .signVerify), Kind(.p384, .signVerify), Kind(.p521, .signVerify),
        Kind(.p256, .keyAgreement), Kind(.p384, .keyAgreement), Kind(.p521, .keyAgreement),
        Kind(.secp256k1, .signVerify), Kind(.edwards25519, .signVerify),
    ]

    package static let algorithms = [
        "RSAES_OAEP_SHA_1", "RSAES_OAEP_SHA_256", "RSA_AES_KEY_WRAP_SHA_1", "RSA_AES_KEY_WRAP_SHA_256",
    ]

    /// As AWS KMS wants it wrapped, or nil when it is too large for that.
    package static func wrap(_ bytes: [UInt8], _ algorithm: String, under publicKey: [UInt8]) throws -> [UInt8]? {
        let publicKey = try PublicKey(subjectPublicKeyInfo: publicKey)
        let hash: Digest = algorithm.hasSuffix("SHA_1") ? .sha1 : .sha256
        guard algorithm.hasPrefix("RSA_AES") else {
            return try? publicKey.encryptOAEP(SecretBytes(copying: bytes), hash)
        }
        let key = [UInt8].random(32)
        let wrapped = try unsafe AESKeyWrapPadded.wrap(bytes.span.bytes, with: key.span.bytes)
        return try publicKey.encryptOAEP(SecretBytes(copying: key), hash) + wrapped
    }

    package func wrap(_ algorithm: String, under publicKey: [UInt8]) throws -> [UInt8] {
        try #require(try Self.wrap(bytes, algorithm, under: publicKey), "it fits the wrapping key")
    }

    // MARK: Being the same

    /// Expects that an imported key does what this material does outside.
    package func expectSame(as reference: MaterialReference, in backend: any KeyBackend) async throws {
        switch usage {
        case .encryptDecrypt where spec == .symmetricDefault:
            let sealed = try await backend.encrypt(
                SecretBytes(copying: [1, 2, 3]), authenticating: [4], with: reference)
            #expect(try key.open(sealed, [4]) == [1, 2, 3])
            let opened = try await backend.decrypt(key.seal([5, 6], [7]), authenticating: [7], with: reference)
            #expect(opened.exposedArray == [5, 6])
        case .encryptDecrypt:
            let publicKey = try PublicKey(subjectPublicKeyInfo: key.publicKey)
            for (name, hash) in [("RSAES_OAEP_SHA_1", Digest.sha1), ("RSAES_OAEP_SHA_256", .sha256)] {
                let ciphertext = try publicKey.encryptOAEP(SecretBytes(copying: [8, 9]), hash)
                let opened = try await backend.decryptRSA(ciphertext, name, with: reference)
                #expect(opened.exposedArray == [8, 9])
            }
        case .generateVerifyMAC:
            let name = try #require(AlgorithmTable.entry(for: spec)?.macAlgorithms.first)
            let code = try await backend.generateMAC(of: SecretBytes(copying: [1, 2]), name, with: reference)
            #expect(try code == key.authenticationCode(of: [1, 2], name))
        case .keyAgreement:
            let other = try PrivateKey.generate(try #require(spec.publicKeyKind))
            let point = try #require(other.publicKey.point)
            let secret = try await backend.deriveSharedSecret(with: point, key: reference)
            #expect(try secret.exposedArray == key.sharedSecret(with: point))
        default:
            let publicKey = try PublicKey(subjectPublicKeyInfo: key.publicKey)
            for name in try #require(AlgorithmTable.entry(for: spec)).signingAlgorithms {
                let algorithm = try #require(SigningAlgorithm.all[name])
                let input = algorithm.digest?.hash([1, 2]) ?? [1, 2]
                let signature = try await backend.sign(input, name, with: reference)
                #expect(publicKey.isValidSignature(signature, of: input, algorithm.scheme))
            }
        }
    }
}

/// A wrapping key of a backend.
package struct BackendWrappingKey: Sendable {
    package let reference: MaterialReference
    /// DER SubjectPublicKeyInfo.
    package let publicKey: [UInt8]

    package init(_ spec: KeySpec = .rsa2048, in backend: any KeyBackend) async throws(KMSError) {
        let id = ObjectID.random()
        let made = try await backend.generateWrappingKey(spec, id: id)
        reference = MaterialReference(object: id, checkValue: made.checkValue)
        publicKey = made.publicKey
    }

    package func material(_ bytes: [UInt8], _ algorithm: String) -> WrappedMaterial {
        WrappedMaterial(wrappingKey: reference, algorithm: algorithm, bytes: bytes)
    }

    package func wrap(_ known: KnownMaterial, _ algorithm: String) throws -> WrappedMaterial {
        material(try known.wrap(algorithm, under: publicKey), algorithm)
    }
}
