package import KMSCore

package struct EncryptRequest: WireRequest {
    package static let operation = OperationName.encrypt
    package let keyID: String
    package let plaintext: SecretBlob
    package let context: [String: String]
    package let algorithm: String?
    package let isDryRun: Bool

    package init(from members: inout MemberReader) throws(WireError) {
        keyID = try members.requiredString("KeyId", .keyID)
        plaintext = try members.requiredSecret("Plaintext", length: 1...4096)
        context = try members.stringMap("EncryptionContext")
        try members.grantTokens()
        algorithm = try members.string("EncryptionAlgorithm", .encryptionAlgorithm)
        isDryRun = try members.flag("DryRun")
    }
}

package struct EncryptResponse: WireResponse {
    private let ciphertext: Blob
    private let keyARN: String
    private let algorithm: String

    package init(_ result: EncryptResult) {
        ciphertext = Blob(result.ciphertext)
        keyARN = result.keyARN
        algorithm = result.algorithm
    }

    private enum CodingKeys: String, CodingKey {
        case ciphertext = "CiphertextBlob"
        case keyARN = "KeyId"
        case algorithm = "EncryptionAlgorithm"
    }
}

package struct DecryptRequest: WireRequest {
    package static let operation = OperationName.decrypt
    package let ciphertext: [UInt8]?
    package let keyID: String?
    package let context: [String: String]
    package let algorithm: String?
    package let isDryRun: Bool
    private let modifiers: [String]
    private let hasRecipient: Bool

    package init(from members: inout MemberReader) throws(WireError) {
        ciphertext = try members.blob("CiphertextBlob", length: 1...6144)
        context = try members.stringMap("EncryptionContext")
        try members.grantTokens()
        keyID = try members.string("KeyId", .keyID)
        algorithm = try members.string("EncryptionAlgorithm", .encryptionAlgorithm)
        hasRecipient = members.has("Recipient")
        isDryRun = try members.flag("DryRun")
        modifiers = try members.strings("DryRunModifiers", .dryRunModifier)
    }

    package func check() throws(WireError) {
        if hasRecipient { throw .recipientNotSupported }
        try checkCiphertext(ciphertext, isDryRun: isDryRun, modifiers)
    }
}

package struct DecryptResponse: WireResponse {
    private let keyARN: String
    private let plaintext: Blob
    private let algorithm: String
    private let keyMaterialID: String?

    package init(_ result: borrowing DecryptResult) {
        keyARN = result.keyARN
        plaintext = Blob(result.plaintext)
        algorithm = result.algorithm
        keyMaterialID = result.keyMaterialID
    }

    private enum CodingKeys: String, CodingKey {
        case keyARN = "KeyId"
        case plaintext = "Plaintext"
        case algorithm = "EncryptionAlgorithm"
        case keyMaterialID = "KeyMaterialId"
    }
}

package struct ReEncryptRequest: WireRequest {
    package static let operation = OperationName.reEncrypt
    package let ciphertext: [UInt8]?
    package let sourceKeyID: String?
    package let sourceContext: [String: String]
    package let sourceAlgorithm: String?
    package let destinationKeyID: String
    package let destinationContext: [String: String]
    package let destinationAlgorithm: String?
    package let isDryRun: Bool
    private let modifiers: [String]

    package init(from members: inout MemberReader) throws(WireError) {
        ciphertext = try members.blob("CiphertextBlob", length: 1...6144)
        sourceContext = try members.stringMap("SourceEncryptionContext")
        sourceKeyID = try members.string("SourceKeyId", .keyID)
        destinationKeyID = try members.requiredString("DestinationKeyId", .keyID)
        destinationContext = try members.stringMap("DestinationEncryptionContext")
        sourceAlgorithm = try members.string("SourceEncryptionAlgorithm", .encryptionAlgorithm)
        destinationAlgorithm = try members.string("DestinationEncryptionAlgorithm", .encryptionAlgorithm)
        try members.grantTokens()
        isDryRun = try members.flag("DryRun")
        modifiers = try members.strings("DryRunModifiers", .dryRunModifier)
    }

    package func check() throws(WireError) {
        try checkCiphertext(ciphertext, isDryRun: isDryRun, modifiers)
    }
}

package struct ReEncryptResponse: WireResponse {
    private let ciphertext: Blob
    private let sourceKeyARN: String
    private let keyARN: String
    private let sourceAlgorithm: String
    private let destinationAlgorithm: String
    private let sourceKeyMaterialID: String?
    private let destinationKeyMaterialID: String?

    package init(_ result: ReEncryptResult) {
        ciphertext = Blob(result.ciphertext)
        sourceKeyARN = result.sourceKeyARN
        keyARN = result.destinationKeyARN
        sourceAlgorithm = result.sourceAlgorithm
        destinationAlgorithm = result.destinationAlgorithm
        sourceKeyMaterialID = result.sourceKeyMaterialID
        destinationKeyMaterialID = result.destinationKeyMaterialID
    }

    private enum CodingKeys: String, CodingKey {
        case ciphertext = "CiphertextBlob"
        case sourceKeyARN = "SourceKeyId"
        case keyARN = "KeyId"
        case sourceAlgorithm = "SourceEncryptionAlgorithm"
        case destinationAlgorithm = "DestinationEncryptionAlgorithm"
        case sourceKeyMaterialID = "SourceKeyMaterialId"
        case destinationKeyMaterialID = "DestinationKeyMaterialId"
    }
}

/// Only a dry run that says so may leave the ciphertext out.
private func checkCiphertext(_ ciphertext: [UInt8]?, isDryRun: Bool, _ modifiers: [String]) throws(WireError) {
    guard ciphertext != nil || isDryRun && modifiers.contains("IGNORE_CIPHERTEXT") else {
        throw .validation([Violation(path: "ciphertextBlob", value: "null", constraint: Constraint.notNull)])
    }
}

extension WireError {
    /// Recipient asks for an answer that only a Nitro Enclave can read.
    static let recipientNotSupported = WireError.unsupported("Recipient is not supported by this server.")
}
