/// The way into this module for those who know no operation by its type: the fuzzer, and the server's table.
public enum RequestDecoder {
    /// All requests that can be decoded, which is all operations that are served.
    package static let requests: [any WireRequest.Type] = [
        CancelKeyDeletionRequest.self,
        CreateAliasRequest.self,
        CreateKeyRequest.self,
        DecryptRequest.self,
        DeleteAliasRequest.self,
        DescribeKeyRequest.self,
        DisableKeyRequest.self,
        EnableKeyRequest.self,
        EncryptRequest.self,
        GenerateDataKeyRequest.self,
        GenerateDataKeyWithoutPlaintextRequest.self,
        GenerateRandomRequest.self,
        GetKeyPolicyRequest.self,
        ListAliasesRequest.self,
        ListKeyPoliciesRequest.self,
        ListKeysRequest.self,
        ListResourceTagsRequest.self,
        PutKeyPolicyRequest.self,
        ReEncryptRequest.self,
        ScheduleKeyDeletionRequest.self,
        TagResourceRequest.self,
        UntagResourceRequest.self,
        UpdateAliasRequest.self,
        UpdateKeyDescriptionRequest.self,
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
