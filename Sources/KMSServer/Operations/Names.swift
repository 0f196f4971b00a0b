import KMSCore
import KMSWire

// Aliases, tags and policies: what is attached to keys.

extension CreateAliasRequest: ServedRequest {
    func perform(on store: KeyStore, by caller: CallContext) async throws(KMSError) -> EmptyResponse {
        try await store.createAlias(name, target: target, by: caller)
        return EmptyResponse()
    }
}

extension UpdateAliasRequest: ServedRequest {
    func perform(on store: KeyStore, by caller: CallContext) async throws(KMSError) -> EmptyResponse {
        try await store.updateAlias(name, target: target, by: caller)
        return EmptyResponse()
    }
}

extension DeleteAliasRequest: ServedRequest {
    func perform(on store: KeyStore, by caller: CallContext) async throws(KMSError) -> EmptyResponse {
        try await store.deleteAlias(name, by: caller)
        return EmptyResponse()
    }
}

extension ListAliasesRequest: ServedRequest {
    func perform(on store: KeyStore, by caller: CallContext) async throws(KMSError) -> ListResponse<AliasListEntry> {
        ListResponse(aliases: try store.listAliases(of: keyID, page, by: caller))
    }
}

extension TagResourceRequest: ServedRequest {
    func perform(on store: KeyStore, by caller: CallContext) async throws(KMSError) -> EmptyResponse {
        try await store.tagResource(keyID, tags: tags, by: caller)
        return EmptyResponse()
    }
}

extension UntagResourceRequest: ServedRequest {
    func perform(on store: KeyStore, by caller: CallContext) async throws(KMSError) -> EmptyResponse {
        try await store.untagResource(keyID, keys: tagKeys, by: caller)
        return EmptyResponse()
    }
}

extension ListResourceTagsRequest: ServedRequest {
    func perform(on store: KeyStore, by caller: CallContext) async throws(KMSError) -> ListResponse<TagShape> {
        ListResponse(tags: try store.listResourceTags(keyID, page, by: caller))
    }
}

extension GetKeyPolicyRequest: ServedRequest {
    func perform(on store: KeyStore, by caller: CallContext) async throws(KMSError) -> GetKeyPolicyResponse {
        GetKeyPolicyResponse(policy: try store.keyPolicy(of: keyID, named: name, by: caller), name: name)
    }
}

extension PutKeyPolicyRequest: ServedRequest {
    func perform(on store: KeyStore, by caller: CallContext) async throws(KMSError) -> EmptyResponse {
        try await store.putKeyPolicy(
            policy, on: keyID, named: name, bypassLockoutCheck: bypassLockoutCheck, by: caller)
        return EmptyResponse()
    }
}

extension ListKeyPoliciesRequest: ServedRequest {
    func perform(on store: KeyStore, by caller: CallContext) async throws(KMSError) -> ListResponse<String> {
        ListResponse(policyNames: try store.listKeyPolicies(of: keyID, page, by: caller))
    }
}
