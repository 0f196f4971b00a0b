// swift-format-ignore-file: AlwaysUseLowerCamelCase

// The names are the wire's.
import FoundationEssentials

struct ParametersInput: Encodable {
    var KeyId: String
    var WrappingAlgorithm: String
    var WrappingKeySpec: String
}

struct ParametersOutput: Decodable {
    var KeyId: String
    var ImportToken: Data
    var PublicKey: Data
    var ParametersValidTo: Date
}

struct ImportInput: Encodable {
    var KeyId: String
    var ImportToken: Data
    var EncryptedKeyMaterial: Data
    var ValidTo: Date?
    var ExpirationModel: String
    var ImportType: String?
    var KeyMaterialDescription: String?
    var KeyMaterialId: String?
}

struct ImportOutput: Decodable {
    var KeyId: String?
    var KeyMaterialId: String?
}

/// What the command tells that it did.
struct ImportReport: Encodable {
    var KeyId: String
    var KeySpec: String
    var KeyMaterialId: String?
    var Alias: String?
    var Source: String?
    var WrappingAlgorithm: String
    var WrappingKeySpec: String
    var WrappingKeyFingerprint: String
    var ImportType: String?
    var ExpirationModel: String?
    var ValidTo: Date?
    var ParametersValidTo: Date?
    /// The file that was written.
    var Out: String?
    /// The mechanisms with which a token wrapped.
    var Mechanisms: [String]?
    /// What the user should know besides.
    var Notes: [String] = []
}
