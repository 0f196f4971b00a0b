package import KMSCore
import SecureMemory

package struct CreateCustomKeyStoreRequest: WireRequest {
    package static let operation = OperationName.createCustomKeyStore

    private let name: String
    private let clusterID: String?
    private let trustAnchor: String?
    private let password: SecretBlob?
    private let type: String?
    private let proxy: XKSProxyMembers

    package init(from members: inout MemberReader) throws(WireError) {
        name = try members.requiredString("CustomKeyStoreName", .customKeyStoreName)
        clusterID = try members.string("CloudHsmClusterId", .cloudHSMClusterID)
        trustAnchor = try members.unrecordedString("TrustAnchorCertificate", .trustAnchorCertificate)
        password = try members.secretString("KeyStorePassword", length: 7...32)
        type = try members.string("CustomKeyStoreType", .customKeyStoreType)
        proxy = try XKSProxyMembers(from: &members)
    }

    package func check() throws(WireError) {
        guard type != "EXTERNAL_KEY_STORE" else { throw .externalKeyStoresNotServed }
        try proxy.expectNone()
        guard clusterID != nil, trustAnchor != nil, password != nil else {
            throw .validation(
                "A custom key store of type AWS_CLOUDHSM needs CloudHsmClusterId, TrustAnchorCertificate and "
                    + "KeyStorePassword.")
        }
    }

    /// To be asked for once, when the request has been checked: then everything is there.
    package func takeKeyStore() -> NewCustomKeyStore {
        NewCustomKeyStore(
            name: name, clusterID: clusterID ?? "", trustAnchor: trustAnchor ?? "",
            password: password?.take() ?? SecretBytes(copying: []))
    }
}

package struct CreateCustomKeyStoreResponse: WireResponse {
    private let id: String

    package init(id: CustomKeyStoreID) {
        self.id = id.description
    }

    private enum CodingKeys: String, CodingKey {
        case id = "CustomKeyStoreId"
    }
}

package struct UpdateCustomKeyStoreRequest: WireRequest {
    package static let operation = OperationName.updateCustomKeyStore
    package let id: String
    private let name: String?
    private let clusterID: String?
    private let password: SecretBlob?
    private let proxy: XKSProxyMembers

    package init(from members: inout MemberReader) throws(WireError) {
        id = try members.requiredString("CustomKeyStoreId", .customKeyStoreID)
        name = try members.string("NewCustomKeyStoreName", .customKeyStoreName)
        password = try members.secretString("KeyStorePassword", length: 7...32)
        clusterID = try members.string("CloudHsmClusterId", .cloudHSMClusterID)
        proxy = try XKSProxyMembers(from: &members)
    }

    package func check() throws(WireError) {
        try proxy.expectNone()
    }

    /// To be asked for once.
    package func takeUpdate() -> CustomKeyStoreUpdate {
        CustomKeyStoreUpdate(name: name, clusterID: clusterID, password: password?.take())
    }
}

package struct ConnectCustomKeyStoreRequest: WireRequest {
    package static let operation = OperationName.connectCustomKeyStore
    package let id: String

    package init(from members: inout MemberReader) throws(WireError) {
        id = try members.requiredString("CustomKeyStoreId", .customKeyStoreID)
    }
}

package struct DisconnectCustomKeyStoreRequest: WireRequest {
    package static let operation = OperationName.disconnectCustomKeyStore
    package let id: String

    package init(from members: inout MemberReader) throws(WireError) {
        id = try members.requiredString("CustomKeyStoreId", .customKeyStoreID)
    }
}

package struct DeleteCustomKeyStoreRequest: WireRequest {
    package static let operation = OperationName.deleteCustomKeyStore
    package let id: String

    package init(from members: inout MemberReader) throws(WireError) {
        id = try members.requiredString("CustomKeyStoreId", .customKeyStoreID)
    }
}

/// The members of key stores of type EXTERNAL_KEY_STORE: looked at, and not served yet.
private struct XKSProxyMembers {
    private let hasAny: Bool

    init(from members: inout MemberReader) throws(WireError) {
        let texts = [
            try members.string("XksProxyUriEndpoint", .xksProxyURIEndpoint),
            try members.string("XksProxyUriPath", .xksProxyURIPath),
            try members.string("XksProxyVpcEndpointServiceName", .xksProxyVPCEndpointServiceName),
            try members.string("XksProxyVpcEndpointServiceOwner", .accountID),
            try members.string("XksProxyConnectivity", .xksProxyConnectivity),
        ]
        let credential: Void? = try members.structure("XksProxyAuthenticationCredential") {
            (members) throws(WireError) in
            try members.requiredSensitiveString("AccessKeyId", .xksProxyAccessKeyID)
            try members.requiredSensitiveString("RawSecretAccessKey", .xksProxySecretAccessKey)
        }
        hasAny = credential != nil || texts.contains { $0 != nil }
    }

    func expectNone() throws(WireError) {
        guard !hasAny else {
            throw .validation("Members that begin with XksProxy are for key stores of type EXTERNAL_KEY_STORE.")
        }
    }
}

extension WireError {
    fileprivate static let externalKeyStoresNotServed = unsupported(
        "Custom key stores of type EXTERNAL_KEY_STORE are not supported by this server yet. Use AWS_CLOUDHSM."
    )
}
