/// The way into this module for those who know no operation by its type: the fuzzer, and the server's table.
public enum RequestDecoder {
    /// All requests that can be decoded, which is all operations that are served.
    package static let requests: [any WireRequest.Type] = [
        CancelKeyDeletionRequest.self,
        ConnectCustomKeyStoreRequest.self,
        CreateAliasRequest.self,
        CreateCustomKeyStoreRequest.self,
        CreateGrantRequest.self,
        CreateKeyRequest.self,
        DecryptRequest.self,
        DeleteAliasRequest.self,
        DeleteCustomKeyStoreRequest.self,
        DeleteImportedKeyMaterialRequest.self,
        DeriveSharedSecretRequest.self,
        DescribeCustomKeyStoresRequest.self,
        DescribeKeyRequest.self,
        DisableKeyRequest.self,
        DisableKeyRotationRequest.self,
        DisconnectCustomKeyStoreRequest.self,
        EnableKeyRequest.self,
        EnableKeyRotationRequest.self,
        EncryptRequest.self,
        GenerateDataKeyRequest.self,
        GenerateDataKeyPairRequest.self,
        GenerateDataKeyPairWithoutPlaintextRequest.self,
        GenerateDataKeyWithoutPlaintextRequest.self,
        GenerateMACRequest.self,
        GenerateRandomRequest.self,
        GetKeyLastUsageRequest.self,
        GetKeyPolicyRequest.self,
        GetKeyRotationStatusRequest.self,
        GetParametersForImportRequest.self,
        GetPublicKeyRequest.self,
        ImportKeyMaterialRequest.self,
        ListAliasesRequest.self,
        ListGrantsRequest.self,
        ListKeyPoliciesRequest.self,
        ListKeyRotationsRequest.self,
        ListKeysRequest.self,
        ListResourceTagsRequest.self,
        ListRetirableGrantsRequest.self,
        PutKeyPolicyRequest.self,
        ReEncryptRequest.self,
        ReplicateKeyRequest.self,
        RetireGrantRequest.self,
        RevokeGrantRequest.self,
        RotateKeyOnDemandRequest.self,
        ScheduleKeyDeletionRequest.self,
        SignRequest.self,
        TagResourceRequest.self,
        UntagResourceRequest.self,
        UpdateAliasRequest.self,
        UpdateCustomKeyStoreRequest.self,
        UpdateKeyDescriptionRequest.self,
        UpdatePrimaryRegionRequest.self,
        VerifyRequest.self,
        VerifyMACRequest.self,
    ]

    private static let byOperation = Dictionary(uniqueKeysWithValues: requests.map { ($0.operation, $0) })

    /// Decodes and validates the body of any operation, named as in X-Amz-Target.
    @discardableResult
    package static func decode(target: String?, body: [UInt8]) throws(WireError) -> any WireRequest {
        let operation = try OperationName(target: target)
        guard let request = byOperation[operation] else { throw .notServed(operation) }
        return try request.init(decoding: body)
    }

    /// Whether a body would be taken. Never traps, whatever the bytes.
    public static func accepts(target: String, body: [UInt8]) -> Bool {
        (try? decode(target: target, body: body)) != nil
    }
}
