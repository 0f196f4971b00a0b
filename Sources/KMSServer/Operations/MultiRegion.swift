import KMSCore
import KMSWire

extension ReplicateKeyRequest: ServedRequest {
    func perform(on store: KeyStore, by caller: CallContext) async throws(KMSError) -> ReplicateKeyResponse {
        guard let replication else { throw KMSError(.validation, "ReplicaRegion is no Region's name.") }
        return ReplicateKeyResponse(try await store.replicateKey(replication, by: caller))
    }
}

extension UpdatePrimaryRegionRequest: ServedRequest {
    func perform(on store: KeyStore, by caller: CallContext) async throws(KMSError) -> EmptyResponse {
        guard let region else { throw KMSError(.validation, "PrimaryRegion is no Region's name.") }
        try await store.updatePrimaryRegion(of: keyID, to: region, by: caller)
        return EmptyResponse()
    }
}
