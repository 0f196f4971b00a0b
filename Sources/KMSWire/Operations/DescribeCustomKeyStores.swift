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

/// `CustomKeyStoresListEntry` of the model. The password is in none.
package struct CustomKeyStoresListEntry: Encodable, Sendable {
    private let id: String
    private let name: String
    private let clusterID: String
    private let trustAnchor: String
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
            type = "AWS_CLOUDHSM"
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
