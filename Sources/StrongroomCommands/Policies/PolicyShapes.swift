// swift-format-ignore-file: AlwaysUseLowerCamelCase

// The names are the wire's.
import FoundationEssentials
import KMSAPIClient

struct GrantPage: KMSPage {
    struct Entry: Decodable {
        var GrantId: String
        var GranteePrincipal: String?
        var GranteeServicePrincipal: String?
        var RetiringPrincipal: String?
        var RetiringServicePrincipal: String?
        var Operations: [String]?
        var Constraints: Constraints?
        var CreationDate: Date?
    }

    struct Constraints: Decodable {
        var EncryptionContextEquals: [String: String]?
        var EncryptionContextSubset: [String: String]?
        var SourceArn: String?
    }

    var Grants: [Entry]
    var NextMarker: String?

    var items: [Entry] { Grants }
    var nextMarker: String? { NextMarker }
}
