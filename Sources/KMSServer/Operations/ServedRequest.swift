import FoundationEssentials
import KMSCore
import KMSWire

/// A request that this server serves: what its operation does with the key store.
protocol ServedRequest: WireRequest {
    associatedtype Response: WireResponse

    func perform(on store: KeyStore, by caller: CallContext) async throws(KMSError) -> Response
}

/// From an operation's name to what serves it.
struct OperationTable: Sendable {
    /// Decodes a body, does what it asks for and answers with the response's body.
    typealias Handler = @Sendable (KeyStore, [UInt8], CallContext) async throws(WireError) -> Data

    private let handlers: [OperationName: Handler]

    init() {
        let requests: [any ServedRequest.Type] = [
            CancelKeyDeletionRequest.self, CreateAliasRequest.self, CreateGrantRequest.self, CreateKeyRequest.self,
            ConnectCustomKeyStoreRequest.self, CreateCustomKeyStoreRequest.self, DeleteCustomKeyStoreRequest.self,
            DescribeCustomKeyStoresRequest.self, DisconnectCustomKeyStoreRequest.self,
            UpdateCustomKeyStoreRequest.self, DecryptRequest.self,
            DeleteAliasRequest.self, DeleteImportedKeyMaterialRequest.self, DeriveSharedSecretRequest.self,
            DescribeKeyRequest.self, DisableKeyRequest.self, DisableKeyRotationRequest.self, EnableKeyRequest.self,
            EnableKeyRotationRequest.self, EncryptRequest.self, GenerateDataKeyRequest.self,
            GenerateDataKeyPairRequest.self, GenerateDataKeyPairWithoutPlaintextRequest.self,
            GenerateDataKeyWithoutPlaintextRequest.self, GenerateMACRequest.self, GenerateRandomRequest.self,
            GetKeyLastUsageRequest.self, GetKeyPolicyRequest.self, GetKeyRotationStatusRequest.self,
            GetParametersForImportRequest.self, GetPublicKeyRequest.self, ImportKeyMaterialRequest.self,
            ListAliasesRequest.self, ListGrantsRequest.self, ListKeyPoliciesRequest.self, ListKeyRotationsRequest.self,
            ListKeysRequest.self, ListResourceTagsRequest.self, ListRetirableGrantsRequest.self,
            PutKeyPolicyRequest.self, ReEncryptRequest.self, ReplicateKeyRequest.self,
            RetireGrantRequest.self, RevokeGrantRequest.self, RotateKeyOnDemandRequest.self,
            ScheduleKeyDeletionRequest.self, SignRequest.self,
            TagResourceRequest.self, UntagResourceRequest.self, UpdateAliasRequest.self,
            UpdateKeyDescriptionRequest.self, UpdatePrimaryRegionRequest.self, VerifyRequest.self,
            VerifyMACRequest.self,
        ]
        handlers = Dictionary(uniqueKeysWithValues: requests.map { ($0.operation, Self.handler(for: $0)) })
    }

    /// The operations that are served.
    var operations: Set<OperationName> { Set(handlers.keys) }

    /// Throws `UnsupportedOperationException` for what AWS serves and this server does not yet.
    func handler(for operation: OperationName) throws(WireError) -> Handler {
        guard let handler = handlers[operation] else { throw .notServed(operation) }
        return handler
    }

    private static func handler<R: ServedRequest>(for _: R.Type) -> Handler {
        { (store, body, caller) async throws(WireError) in
            let name = R.operation
            let request = try R.decode(body) { parameters in
                caller.draft.begin(name.rawValue, isReadOnly: name.isReadOnly, parameters: parameters)
            }
            let response: R.Response
            do throws(KMSError) {
                response = try await request.perform(on: store, by: caller)
            } catch {
                throw WireError(error)
            }
            return try response.encoded()
        }
    }
}
