import KMSCore
import KMSWire

extension CreateCustomKeyStoreRequest: ServedRequest {
    func perform(on store: KeyStore, by caller: CallContext) async throws(KMSError) -> CreateCustomKeyStoreResponse {
        CreateCustomKeyStoreResponse(id: try await store.createCustomKeyStore(takeKeyStore(), by: caller))
    }
}

extension DescribeCustomKeyStoresRequest: ServedRequest {
    func perform(
        on store: KeyStore, by caller: CallContext
    ) async throws(KMSError) -> ListResponse<CustomKeyStoresListEntry> {
        ListResponse(customKeyStores: try store.describeCustomKeyStores(id: id, name: name, page, by: caller))
    }
}

extension ConnectCustomKeyStoreRequest: ServedRequest {
    func perform(on store: KeyStore, by caller: CallContext) async throws(KMSError) -> EmptyStructureResponse {
        try await store.connectCustomKeyStore(id, by: caller)
        return EmptyStructureResponse()
    }
}

extension DisconnectCustomKeyStoreRequest: ServedRequest {
    func perform(on store: KeyStore, by caller: CallContext) async throws(KMSError) -> EmptyStructureResponse {
        try await store.disconnectCustomKeyStore(id, by: caller)
        return EmptyStructureResponse()
    }
}

extension UpdateCustomKeyStoreRequest: ServedRequest {
    func perform(on store: KeyStore, by caller: CallContext) async throws(KMSError) -> EmptyStructureResponse {
        try await store.updateCustomKeyStore(id, takeUpdate(), by: caller)
        return EmptyStructureResponse()
    }
}

extension DeleteCustomKeyStoreRequest: ServedRequest {
    func perform(on store: KeyStore, by caller: CallContext) async throws(KMSError) -> EmptyStructureResponse {
        try await store.deleteCustomKeyStore(id, by: caller)
        return EmptyStructureResponse()
    }
}
