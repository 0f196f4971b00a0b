import KMSCore
import KMSWire

// Signatures, MACs and key agreement: what other keys than those for encryption do.

extension SignRequest: ServedRequest {
    func perform(on store: KeyStore, by caller: CallContext) async throws(KMSError) -> SignResponse {
        SignResponse(
            try await store.sign(
                message.take(), messageType, algorithm: algorithm, with: keyID, dryRun: isDryRun, by: caller
            )
        )
    }
}

extension VerifyRequest: ServedRequest {
    func perform(on store: KeyStore, by caller: CallContext) async throws(KMSError) -> VerifyResponse {
        let keyARN = try store.verify(
            signature, of: message.take(), messageType, algorithm: algorithm, with: keyID, dryRun: isDryRun, by: caller
        )
        return VerifyResponse(keyARN: keyARN, algorithm: algorithm)
    }
}

extension GetPublicKeyRequest: ServedRequest {
    func perform(on store: KeyStore, by caller: CallContext) async throws(KMSError) -> GetPublicKeyResponse {
        GetPublicKeyResponse(try store.publicKey(of: keyID, by: caller))
    }
}

extension GenerateMACRequest: ServedRequest {
    func perform(on store: KeyStore, by caller: CallContext) async throws(KMSError) -> GenerateMACResponse {
        GenerateMACResponse(
            try await store.generateMAC(
                of: message.take(), algorithm: algorithm, with: keyID, dryRun: isDryRun, by: caller
            )
        )
    }
}

extension VerifyMACRequest: ServedRequest {
    func perform(on store: KeyStore, by caller: CallContext) async throws(KMSError) -> VerifyMACResponse {
        let keyARN = try await store.verifyMAC(
            mac, of: message.take(), algorithm: algorithm, with: keyID, dryRun: isDryRun, by: caller
        )
        return VerifyMACResponse(keyARN: keyARN, algorithm: algorithm)
    }
}

extension DeriveSharedSecretRequest: ServedRequest {
    func perform(on store: KeyStore, by caller: CallContext) async throws(KMSError) -> DeriveSharedSecretResponse {
        let result = try await store.deriveSharedSecret(
            withPublicKey: publicKey, algorithm: algorithm, key: keyID, dryRun: isDryRun, by: caller
        )
        return DeriveSharedSecretResponse(result)
    }
}
