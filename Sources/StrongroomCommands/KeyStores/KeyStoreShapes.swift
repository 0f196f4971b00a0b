// swift-format-ignore-file: AlwaysUseLowerCamelCase

// The names are the wire's.
import FoundationEssentials
import KMSAPIClient

struct CreateKeyStoreInput: Encodable {
    var CustomKeyStoreName: String
    var CustomKeyStoreType: String?
    var CloudHsmClusterId: String?
    var TrustAnchorCertificate: String?
    var KeyStorePassword: String?
    var XksProxyConnectivity: String?
    var XksProxyUriEndpoint: String?
    var XksProxyUriPath: String?
    var XksProxyAuthenticationCredential: XKSCredentialInput?
}

struct UpdateKeyStoreInput: Encodable {
    var CustomKeyStoreId: String
    var NewCustomKeyStoreName: String?
    var CloudHsmClusterId: String?
    var KeyStorePassword: String?
    var XksProxyUriEndpoint: String?
    var XksProxyUriPath: String?
    var XksProxyAuthenticationCredential: XKSCredentialInput?
}

struct XKSCredentialInput: Codable {
    var AccessKeyId: String
    var RawSecretAccessKey: String
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
        var XksProxyConfiguration: Proxy?

        struct Proxy: Codable {
            var AccessKeyId: String?
            var UriEndpoint: String
            var UriPath: String
        }

        var text: String {
            aligned([
                ("key store", CustomKeyStoreId), ("name", CustomKeyStoreName), ("type", CustomKeyStoreType),
                ("cluster", CloudHsmClusterId),
                ("proxy", XksProxyConfiguration.map { $0.UriEndpoint + $0.UriPath }),
                ("access key id", XksProxyConfiguration?.AccessKeyId),
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
