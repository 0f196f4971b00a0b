import KMSCore
import KMSWire

extension CreateKeyRequest: ServedRequest {
    func perform(on store: KeyStore, by caller: CallContext) async throws(KMSError) -> KeyMetadataResponse {
        KeyMetadataResponse(try await store.createKey(newKey, by: caller))
    }
}

extension DescribeKeyRequest: ServedRequest {
    func perform(on store: KeyStore, by caller: CallContext) async throws(KMSError) -> KeyMetadataResponse {
        KeyMetadataResponse(try await store.describeKey(keyID, by: caller))
    }
}

extension ListKeysRequest: ServedRequest {
    func perform(on store: KeyStore, by caller: CallContext) async throws(KMSError) -> ListResponse<KeyListEntry> {
        ListResponse(keys: try store.listKeys(page, by: caller))
    }
}

extension EnableKeyRequest: ServedRequest {
    func perform(on store: KeyStore, by caller: CallContext) async throws(KMSError) -> EmptyResponse {
        try await store.enableKey(keyID, by: caller)
        return EmptyResponse()
    }
}

extension DisableKeyRequest: ServedRequest {
    func perform(on store: KeyStore, by caller: CallContext) async throws(KMSError) -> EmptyResponse {
        try await store.disableKey(keyID, by: caller)
        return EmptyResponse()
    }
}

extension UpdateKeyDescriptionRequest: ServedRequest {
    func perform(on store: KeyStore, by caller: CallContext) async throws(KMSError) -> EmptyResponse {
        try await store.updateKeyDescription(keyID, to: description, by: caller)
        return EmptyResponse()
    }
}

extension ScheduleKeyDeletionRequest: ServedRequest {
    func perform(on store: KeyStore, by caller: CallContext) async throws(KMSError) -> ScheduleKeyDeletionResponse {
        let days = pendingWindowInDays ?? KeyStore.defaultPendingWindowInDays
        let key = try await store.scheduleKeyDeletion(keyID, pendingWindowInDays: days, by: caller)
        return ScheduleKeyDeletionResponse(key, pendingWindowInDays: days)
    }
}

extension CancelKeyDeletionRequest: ServedRequest {
    func perform(on store: KeyStore, by caller: CallContext) async throws(KMSError) -> CancelKeyDeletionResponse {
        CancelKeyDeletionResponse(try await store.cancelKeyDeletion(keyID, by: caller))
    }
}
