package import KMSCore

package struct SignRequest: WireRequest {
    package static let operation = OperationName.sign
    package let keyID: String
    package let message: SecretBlob
    package let messageType: MessageType
    package let algorithm: String
    package let isDryRun: Bool

    package init(from members: inout MemberReader) throws(WireError) {
        keyID = try members.requiredString("KeyId", .keyID)
        message = try members.requiredSecret("Message", length: 1...4096)
        messageType = try members.messageType()
        try members.grantTokens()
        algorithm = try members.requiredString("SigningAlgorithm", .signingAlgorithm)
        isDryRun = try members.flag("DryRun")
    }
}

package struct SignResponse: WireResponse {
    private let keyARN: String
    private let signature: Blob
    private let algorithm: String

    package init(_ result: SignResult) {
        keyARN = result.keyARN
        signature = Blob(result.signature)
        algorithm = result.algorithm
    }

    private enum CodingKeys: String, CodingKey {
        case keyARN = "KeyId"
        case signature = "Signature"
        case algorithm = "SigningAlgorithm"
    }
}

package struct VerifyRequest: WireRequest {
    package static let operation = OperationName.verify
    package let keyID: String
    package let message: SecretBlob
    package let messageType: MessageType
    package let signature: [UInt8]
    package let algorithm: String
    package let isDryRun: Bool

    package init(from members: inout MemberReader) throws(WireError) {
        keyID = try members.requiredString("KeyId", .keyID)
        message = try members.requiredSecret("Message", length: 1...4096)
        messageType = try members.messageType()
        signature = try members.requiredBlob("Signature", length: 1...6144)
        algorithm = try members.requiredString("SigningAlgorithm", .signingAlgorithm)
        try members.grantTokens()
        isDryRun = try members.flag("DryRun")
    }
}

/// A signature that is not valid is answered with an error.
package struct VerifyResponse: WireResponse {
    private let keyARN: String
    private let isValid = true
    private let algorithm: String

    package init(keyARN: String, algorithm: String) {
        self.keyARN = keyARN
        self.algorithm = algorithm
    }

    private enum CodingKeys: String, CodingKey {
        case keyARN = "KeyId"
        case isValid = "SignatureValid"
        case algorithm = "SigningAlgorithm"
    }
}

extension MemberReader {
    fileprivate mutating func messageType() throws(WireError) -> MessageType {
        try string("MessageType", .messageType).flatMap(MessageType.init) ?? .raw
    }
}
