package import KMSCore

package struct DescribeCustomKeyStoresRequest: WireRequest {
    package static let operation = OperationName.describeCustomKeyStores
    package let id: String?
    package let name: String?
    package let page: PageRequest

    package init(from members: inout MemberReader) throws(WireError) {
        id = try members.string("CustomKeyStoreId", .customKeyStoreID)
        name = try members.string("CustomKeyStoreName", .customKeyStoreName)
        page = try members.page()
    }
}

/// `XksProxyConfigurationType` of the model. The secret access key is in none.
private struct XKSProxyConfiguration: Encodable, Sendable {
    let connectivity = "PUBLIC_ENDPOINT"
    let accessKeyID: String
    let endpoint: String
    let path: String

    init(_ backing: XKSProxyBacking) {
        accessKeyID = backing.accessKeyID
        endpoint = backing.uriEndpoint
        path = backing.uriPath
    }

    private enum CodingKeys: String, CodingKey {
        case connectivity = "Connectivity"
        case accessKeyID = "AccessKeyId"
        case endpoint = "UriEndpoint"
        case path = "UriPath"
    }
}

/// `CustomKeyStoresListEntry` of the model. The password is in none.
package struct CustomKeyStoresListEntry: Encodable, Sendable {
    private let id: String
    private let name: String
    private let clusterID: String?
    private let trustAnchor: String?
    private let proxy: XKSProxyConfiguration?
    private let connectionState: String
    private let connectionError: String?
    private let creationDate: WireTimestamp
    private let type: String

    fileprivate init(_ store: CustomKeyStore) {
        id = store.id.description
        name = store.name
        switch store.backing {
        case .cloudHSM(let backing):
            clusterID = backing.clusterID
            trustAnchor = backing.trustAnchor
            proxy = nil
            type = "AWS_CLOUDHSM"
        case .xksProxy(let backing):
            clusterID = nil
            trustAnchor = nil
            proxy = XKSProxyConfiguration(backing)
            type = "EXTERNAL_KEY_STORE"
        }
        connectionState = store.connection.name
        connectionError = store.connection.error?.rawValue
        creationDate = WireTimestamp(store.creationDate)
    }

    private enum CodingKeys: String, CodingKey {
        case id = "CustomKeyStoreId"
        case name = "CustomKeyStoreName"
        case clusterID = "CloudHsmClusterId"
        case trustAnchor = "TrustAnchorCertificate"
        case proxy = "XksProxyConfiguration"
        case connectionState = "ConnectionState"
        case connectionError = "ConnectionErrorCode"
        case creationDate = "CreationDate"
        case type = "CustomKeyStoreType"
    }
}

extension ListResponse<CustomKeyStoresListEntry> {
    package init(customKeyStores: Page<CustomKeyStore>) {
        self.init("CustomKeyStores", customKeyStores) { CustomKeyStoresListEntry($0) }
    }
}
