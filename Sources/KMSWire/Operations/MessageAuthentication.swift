package import KMSCore

package struct GenerateMACRequest: WireRequest {
    package static let operation = OperationName.generateMAC
    package let message: SecretBlob
    package let keyID: String
    package let algorithm: String
    package let isDryRun: Bool

    package init(from members: inout MemberReader) throws(WireError) {
        message = try members.requiredSecret("Message", length: 1...4096)
        keyID = try members.requiredString("KeyId", .keyID)
        algorithm = try members.requiredString("MacAlgorithm", .macAlgorithm)
        try members.grantTokens()
        isDryRun = try members.flag("DryRun")
    }
}

package struct GenerateMACResponse: WireResponse {
    private let mac: Blob
    private let algorithm: String
    private let keyARN: String

    package init(_ result: MACResult) {
        mac = Blob(result.mac)
        algorithm = result.algorithm
        keyARN = result.keyARN
    }

    private enum CodingKeys: String, CodingKey {
        case mac = "Mac"
        case algorithm = "MacAlgorithm"
        case keyARN = "KeyId"
    }
}

package struct VerifyMACRequest: WireRequest {
    package static let operation = OperationName.verifyMAC
    package let message: SecretBlob
    package let keyID: String
    package let algorithm: String
    package let mac: [UInt8]
    package let isDryRun: Bool

    package init(from members: inout MemberReader) throws(WireError) {
        message = try members.requiredSecret("Message", length: 1...4096)
        keyID = try members.requiredString("KeyId", .keyID)
        algorithm = try members.requiredString("MacAlgorithm", .macAlgorithm)
        mac = try members.requiredBlob("Mac", length: 1...6144)
        try members.grantTokens()
        isDryRun = try members.flag("DryRun")
    }
}

/// A MAC that is not valid is answered with an error.
package struct VerifyMACResponse: WireResponse {
    private let keyARN: String
    private let isValid = true
    private let algorithm: String

    package init(keyARN: String, algorithm: String) {
        self.keyARN = keyARN
        self.algorithm = algorithm
    }

    private enum CodingKeys: String, CodingKey {
        case keyARN = "KeyId"
        case isValid = "MacValid"
        case algorithm = "MacAlgorithm"
    }
}
