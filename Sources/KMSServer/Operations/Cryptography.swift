import KMSCore
import KMSWire

extension EncryptRequest: ServedRequest {
    func perform(on store: KeyStore, by caller: CallContext) async throws(KMSError) -> EncryptResponse {
        let result = try await store.encrypt(
            plaintext.take(), with: keyID, context: EncryptionContext(context), algorithm: algorithm, dryRun: isDryRun,
            by: caller
        )
        return EncryptResponse(result)
    }
}

extension DecryptRequest: ServedRequest {
    func perform(on store: KeyStore, by caller: CallContext) async throws(KMSError) -> DecryptResponse {
        let result = try await store.decrypt(
            ciphertext, with: keyID, context: EncryptionContext(context), algorithm: algorithm, dryRun: isDryRun,
            by: caller
        )
        return DecryptResponse(result)
    }
}

extension ReEncryptRequest: ServedRequest {
    func perform(on store: KeyStore, by caller: CallContext) async throws(KMSError) -> ReEncryptResponse {
        let result = try await store.reEncrypt(
            ciphertext, sourceKey: sourceKeyID, sourceContext: EncryptionContext(sourceContext),
            sourceAlgorithm: sourceAlgorithm, destinationKey: destinationKeyID,
            destinationContext: EncryptionContext(destinationContext), destinationAlgorithm: destinationAlgorithm,
            dryRun: isDryRun, by: caller
        )
        return ReEncryptResponse(result)
    }
}

extension GenerateDataKeyRequest: ServedRequest {
    func perform(on store: KeyStore, by caller: CallContext) async throws(KMSError) -> GenerateDataKeyResponse {
        let result = try await store.generateDataKey(
            bytes: count, with: keyID, context: EncryptionContext(context), dryRun: isDryRun, by: caller
        )
        return GenerateDataKeyResponse(result)
    }
}

extension GenerateDataKeyWithoutPlaintextRequest: ServedRequest {
    func perform(on store: KeyStore, by caller: CallContext) async throws(KMSError) -> GenerateDataKeyResponse {
        let result = try await store.generateDataKeyWithoutPlaintext(
            bytes: count, with: keyID, context: EncryptionContext(context), dryRun: isDryRun, by: caller
        )
        return GenerateDataKeyResponse(withoutPlaintext: result)
    }
}

extension GenerateDataKeyPairRequest: ServedRequest {
    func perform(on store: KeyStore, by caller: CallContext) async throws(KMSError) -> GenerateDataKeyPairResponse {
        let result = try await store.generateDataKeyPair(
            spec, with: keyID, context: EncryptionContext(context), showingPrivateKey: true, dryRun: isDryRun,
            by: caller
        )
        return GenerateDataKeyPairResponse(result, spec: spec)
    }
}

extension GenerateDataKeyPairWithoutPlaintextRequest: ServedRequest {
    func perform(on store: KeyStore, by caller: CallContext) async throws(KMSError) -> GenerateDataKeyPairResponse {
        let result = try await store.generateDataKeyPair(
            spec, with: keyID, context: EncryptionContext(context), showingPrivateKey: false, dryRun: isDryRun,
            by: caller
        )
        return GenerateDataKeyPairResponse(result, spec: spec)
    }
}

extension GenerateRandomRequest: ServedRequest {
    func perform(on store: KeyStore, by caller: CallContext) async throws(KMSError) -> GenerateRandomResponse {
        let bytes = try await store.generateRandom(bytes: count, in: customKeyStore, by: caller)
        return GenerateRandomResponse(bytes)
    }
}
