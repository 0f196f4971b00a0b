package import KMSCore

package struct GenerateDataKeyPairRequest: WireRequest {
    package static let operation = OperationName.generateDataKeyPair
    package let context: [String: String]
    package let keyID: String
    package let spec: String
    package let isDryRun: Bool
    private let hasRecipient: Bool

    package init(from members: inout MemberReader) throws(WireError) {
        context = try members.stringMap("EncryptionContext")
        keyID = try members.requiredString("KeyId", .keyID)
        spec = try members.requiredString("KeyPairSpec", .dataKeyPairSpec)
        try members.grantTokens()
        hasRecipient = members.has("Recipient")
        isDryRun = try members.flag("DryRun")
    }

    package func check() throws(WireError) {
        if hasRecipient { throw .recipientNotSupported }
    }
}

package struct GenerateDataKeyPairWithoutPlaintextRequest: WireRequest {
    package static let operation = OperationName.generateDataKeyPairWithoutPlaintext
    package let context: [String: String]
    package let keyID: String
    package let spec: String
    package let isDryRun: Bool

    package init(from members: inout MemberReader) throws(WireError) {
        context = try members.stringMap("EncryptionContext")
        keyID = try members.requiredString("KeyId", .keyID)
        spec = try members.requiredString("KeyPairSpec", .dataKeyPairSpec)
        try members.grantTokens()
        isDryRun = try members.flag("DryRun")
    }
}

/// The answer to both: without its plaintext where there was none.
package struct GenerateDataKeyPairResponse: WireResponse {
    private let ciphertext: Blob
    private let plaintext: Blob?
    private let publicKey: Blob
    private let keyARN: String
    private let spec: String
    private let keyMaterialID: String

    package init(_ result: borrowing GeneratedDataKeyPair, spec: String) {
        ciphertext = Blob(result.ciphertext)
        plaintext =
            switch result.privateKey {
            case .some(let privateKey): Blob(privateKey)
            case .none: nil
            }
        publicKey = Blob(result.publicKey)
        keyARN = result.keyARN
        self.spec = spec
        keyMaterialID = result.keyMaterialID
    }

    private enum CodingKeys: String, CodingKey {
        case ciphertext = "PrivateKeyCiphertextBlob"
        case plaintext = "PrivateKeyPlaintext"
        case publicKey = "PublicKey"
        case keyARN = "KeyId"
        case spec = "KeyPairSpec"
        case keyMaterialID = "KeyMaterialId"
    }
}
