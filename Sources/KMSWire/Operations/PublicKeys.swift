package import KMSCore

package struct GetPublicKeyRequest: WireRequest {
    package static let operation = OperationName.getPublicKey
    package let keyID: String

    package init(from members: inout MemberReader) throws(WireError) {
        keyID = try members.requiredString("KeyId", .keyID)
        try members.grantTokens()
    }
}

package struct GetPublicKeyResponse: WireResponse {
    private let keyARN: String
    private let publicKey: Blob
    private let usage: String
    private let algorithms: KeyAlgorithms

    package init(_ description: PublicKeyDescription) {
        keyARN = description.key.address.arn
        publicKey = Blob(description.publicKey)
        usage = description.key.usage.rawValue
        algorithms = KeyAlgorithms(of: description.key)
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(keyARN, forKey: .keyARN)
        try container.encode(publicKey, forKey: .publicKey)
        try container.encode(usage, forKey: .usage)
        try algorithms.encode(to: encoder)
    }

    private enum CodingKeys: String, CodingKey {
        case keyARN = "KeyId"
        case publicKey = "PublicKey"
        case usage = "KeyUsage"
    }
}

package struct DeriveSharedSecretRequest: WireRequest {
    package static let operation = OperationName.deriveSharedSecret
    package let keyID: String
    package let algorithm: String
    /// DER SubjectPublicKeyInfo of the other side.
    package let publicKey: [UInt8]
    package let isDryRun: Bool
    private let hasRecipient: Bool

    package init(from members: inout MemberReader) throws(WireError) {
        keyID = try members.requiredString("KeyId", .keyID)
        algorithm = try members.requiredString("KeyAgreementAlgorithm", .keyAgreementAlgorithm)
        publicKey = try members.requiredBlob("PublicKey", length: 1...8192)
        try members.grantTokens()
        isDryRun = try members.flag("DryRun")
        hasRecipient = members.has("Recipient")
    }

    package func check() throws(WireError) {
        if hasRecipient { throw .recipientNotSupported }
    }
}

package struct DeriveSharedSecretResponse: WireResponse {
    private let keyARN: String
    private let secret: Blob
    private let algorithm: String
    private let origin: String

    package init(_ result: borrowing SharedSecretResult) {
        keyARN = result.keyARN
        secret = Blob(result.secret)
        algorithm = result.algorithm
        origin = result.origin.rawValue
    }

    private enum CodingKeys: String, CodingKey {
        case keyARN = "KeyId"
        case secret = "SharedSecret"
        case algorithm = "KeyAgreementAlgorithm"
        case origin = "KeyOrigin"
    }
}
