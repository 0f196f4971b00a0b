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

    private var isExternal: Bool { type == "EXTERNAL_KEY_STORE" }

    package func check() throws(WireError) {
        guard isExternal else {
            try proxy.expectNone()
            guard clusterID != nil, trustAnchor != nil, password != nil else {
                throw .validation(
                    "A custom key store of type AWS_CLOUDHSM needs CloudHsmClusterId, TrustAnchorCertificate and "
                        + "KeyStorePassword.")
            }
            return
        }
        guard clusterID == nil, trustAnchor == nil, password == nil else {
            throw .validation(
                "CloudHsmClusterId, TrustAnchorCertificate and KeyStorePassword are for key stores of type AWS_CLOUDHSM."
            )
        }
        try proxy.checkIsWhole()
    }

    /// To be asked for once, when the request has been checked: then everything is there.
    package func takeKeyStore() -> NewCustomKeyStore {
        guard !isExternal else {
            return NewCustomKeyStore(
                name: name, proxy: proxy.address, accessKeyID: proxy.accessKeyID ?? "",
                secretAccessKey: proxy.takeSecret() ?? SecretBytes(copying: []))
        }
        return NewCustomKeyStore(
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
        try proxy.checkConnectivity()
        guard password == nil || proxy.accessKeyID == nil else {
            throw .validation("A key store has KeyStorePassword or XksProxyAuthenticationCredential, not both.")
        }
    }

    /// To be asked for once.
    package func takeUpdate() -> CustomKeyStoreUpdate {
        CustomKeyStoreUpdate(
            name: name, clusterID: clusterID, proxy: proxy.update, secret: password?.take() ?? proxy.takeSecret())
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
