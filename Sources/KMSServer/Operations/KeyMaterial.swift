import KMSCore
import KMSWire

// Where key material comes from, and when it changes.

extension GetParametersForImportRequest: ServedRequest {
    func perform(on store: KeyStore, by caller: CallContext) async throws(KMSError) -> GetParametersForImportResponse {
        GetParametersForImportResponse(
            try await store.parametersForImport(
                of: keyID, algorithm: algorithm, wrappingKeySpec: wrappingKeySpec, by: caller
            )
        )
    }
}

extension ImportKeyMaterialRequest: ServedRequest {
    func perform(on store: KeyStore, by caller: CallContext) async throws(KMSError) -> MaterialChangeResponse {
        MaterialChangeResponse(try await store.importKeyMaterial(material, into: keyID, by: caller))
    }
}

extension DeleteImportedKeyMaterialRequest: ServedRequest {
    func perform(on store: KeyStore, by caller: CallContext) async throws(KMSError) -> MaterialChangeResponse {
        MaterialChangeResponse(
            try await store.deleteImportedKeyMaterial(of: keyID, materialID: materialID, by: caller)
        )
    }
}

extension EnableKeyRotationRequest: ServedRequest {
    func perform(on store: KeyStore, by caller: CallContext) async throws(KMSError) -> EmptyResponse {
        try await store.enableKeyRotation(keyID, periodInDays: periodInDays, by: caller)
        return EmptyResponse()
    }
}

extension DisableKeyRotationRequest: ServedRequest {
    func perform(on store: KeyStore, by caller: CallContext) async throws(KMSError) -> EmptyResponse {
        try await store.disableKeyRotation(keyID, by: caller)
        return EmptyResponse()
    }
}

extension GetKeyRotationStatusRequest: ServedRequest {
    func perform(on store: KeyStore, by caller: CallContext) async throws(KMSError) -> GetKeyRotationStatusResponse {
        GetKeyRotationStatusResponse(try store.keyRotationStatus(keyID, by: caller))
    }
}

extension RotateKeyOnDemandRequest: ServedRequest {
    func perform(on store: KeyStore, by caller: CallContext) async throws(KMSError) -> RotateKeyOnDemandResponse {
        RotateKeyOnDemandResponse(keyARN: try await store.rotateKeyOnDemand(keyID, by: caller))
    }
}

extension ListKeyRotationsRequest: ServedRequest {
    func perform(
        on store: KeyStore, by caller: CallContext
    ) async throws(KMSError) -> ListResponse<RotationsListEntry> {
        ListResponse(
            rotations: try store.listKeyRotations(keyID, includingAllMaterial: includesAllMaterial, page, by: caller)
        )
    }
}

extension GetKeyLastUsageRequest: ServedRequest {
    func perform(on store: KeyStore, by caller: CallContext) async throws(KMSError) -> GetKeyLastUsageResponse {
        GetKeyLastUsageResponse(try store.keyLastUsage(keyID, by: caller))
    }
}
