// swift-format-ignore-file: AlwaysUseLowerCamelCase

// The names are the wire's.
import FoundationEssentials
import KMSAPIClient

struct CreateKeyStoreInput: Encodable {
    var CustomKeyStoreName: String
    var CloudHsmClusterId: String
    var TrustAnchorCertificate: String
    var KeyStorePassword: String
}

struct UpdateKeyStoreInput: Encodable {
    var CustomKeyStoreId: String
    var NewCustomKeyStoreName: String?
    var CloudHsmClusterId: String?
    var KeyStorePassword: String?
}

struct KeyStoreInput: Encodable {
    var CustomKeyStoreId: String
}

struct KeyStoreListInput: Encodable {
    var CustomKeyStoreId: String?
    var CustomKeyStoreName: String?
    var Marker: String?
}

struct KeyStoreOutput: Codable {
    var CustomKeyStoreId: String
}

struct KeyStorePage: KMSPage {
    struct Entry: Codable {
        var CustomKeyStoreId: String
        var CustomKeyStoreName: String
        var CloudHsmClusterId: String?
        var TrustAnchorCertificate: String?
        var ConnectionState: String
        var ConnectionErrorCode: String?
        var CreationDate: Date
        var CustomKeyStoreType: String

        var text: String {
            aligned([
                ("key store", CustomKeyStoreId), ("name", CustomKeyStoreName), ("type", CustomKeyStoreType),
                ("cluster", CloudHsmClusterId),
                ("connection", ConnectionState + (ConnectionErrorCode.map { ": " + $0 } ?? "")),
                ("created", CreationDate.formatted(.iso8601)),
            ])
        }
    }

    var CustomKeyStores: [Entry]
    var NextMarker: String?

    var items: [Entry] { CustomKeyStores }
    var nextMarker: String? { NextMarker }
}
