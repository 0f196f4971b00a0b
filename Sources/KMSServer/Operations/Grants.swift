import KMSCore
import KMSWire

extension CreateGrantRequest: ServedRequest {
    func perform(on store: KeyStore, by caller: CallContext) async throws(KMSError) -> CreateGrantResponse {
        CreateGrantResponse(try await store.createGrant(newGrant, on: keyID, dryRun: isDryRun, by: caller))
    }
}

extension ListGrantsRequest: ServedRequest {
    func perform(on store: KeyStore, by caller: CallContext) async throws(KMSError) -> ListResponse<GrantListEntry> {
        ListResponse(grants: try store.listGrants(on: keyID, filter, page, by: caller))
    }
}

extension ListRetirableGrantsRequest: ServedRequest {
    func perform(on store: KeyStore, by caller: CallContext) async throws(KMSError) -> ListResponse<GrantListEntry> {
        ListResponse(grants: try store.listRetirableGrants(by: retiring, page, by: caller))
    }
}

extension RetireGrantRequest: ServedRequest {
    func perform(on store: KeyStore, by caller: CallContext) async throws(KMSError) -> EmptyResponse {
        try await store.retireGrant(grant, dryRun: isDryRun, by: caller)
        return EmptyResponse()
    }
}

extension RevokeGrantRequest: ServedRequest {
    func perform(on store: KeyStore, by caller: CallContext) async throws(KMSError) -> EmptyResponse {
        try await store.revokeGrant(grantID, on: keyID, dryRun: isDryRun, by: caller)
        return EmptyResponse()
    }
}
