package import KMSCore
package import SecureMemory

package struct GenerateDataKeyRequest: WireRequest {
    package static let operation = OperationName.generateDataKey
    package let keyID: String
    package let context: [String: String]
    package let isDryRun: Bool
    private let size: DataKeySize
    private let hasRecipient: Bool

    /// How long the data key shall be, in bytes.
    package var count: Int { size.count }

    package init(from members: inout MemberReader) throws(WireError) {
        keyID = try members.requiredString("KeyId", .keyID)
        context = try members.stringMap("EncryptionContext")
        size = try DataKeySize(from: &members)
        try members.grantTokens()
        hasRecipient = members.has("Recipient")
        isDryRun = try members.flag("DryRun")
    }

    package func check() throws(WireError) {
        if hasRecipient { throw .recipientNotSupported }
        try size.check()
    }
}

package struct GenerateDataKeyWithoutPlaintextRequest: WireRequest {
    package static let operation = OperationName.generateDataKeyWithoutPlaintext
    package let keyID: String
    package let context: [String: String]
    package let isDryRun: Bool
    private let size: DataKeySize

    /// How long the data key shall be, in bytes.
    package var count: Int { size.count }

    package init(from members: inout MemberReader) throws(WireError) {
        keyID = try members.requiredString("KeyId", .keyID)
        context = try members.stringMap("EncryptionContext")
        size = try DataKeySize(from: &members)
        try members.grantTokens()
        isDryRun = try members.flag("DryRun")
    }

    package func check() throws(WireError) {
        try size.check()
    }
}

/// The two ways to ask for a data key's size, of which a request uses exactly one.
private struct DataKeySize {
    private let bytes: Int?
    private let spec: String?

    init(from members: inout MemberReader) throws(WireError) {
        bytes = try members.integer("NumberOfBytes", in: 1...1024)
        spec = try members.string("KeySpec", .dataKeySpec)
    }

    func check() throws(WireError) {
        guard (bytes == nil) != (spec == nil) else {
            throw .validation("Please specify either number of bytes or key spec.")
        }
    }

    /// To be asked for when the request has been checked: then one of them is there, and known.
    var count: Int {
        bytes ?? spec.flatMap { AlgorithmTable.dataKeySizes[$0] } ?? 0
    }
}

package struct GenerateDataKeyResponse: WireResponse {
    private let ciphertext: Blob
    private let plaintext: Blob?
    private let keyARN: String
    private let keyMaterialID: String

    package init(_ result: borrowing GeneratedDataKey) {
        self.init(result.sealed, plaintext: Blob(result.plaintext))
    }

    package init(withoutPlaintext key: SealedDataKey) {
        self.init(key, plaintext: nil)
    }

    private init(_ key: SealedDataKey, plaintext: Blob?) {
        ciphertext = Blob(key.ciphertext)
        self.plaintext = plaintext
        keyARN = key.keyARN
        keyMaterialID = key.keyMaterialID
    }

    private enum CodingKeys: String, CodingKey {
        case ciphertext = "CiphertextBlob"
        case plaintext = "Plaintext"
        case keyARN = "KeyId"
        case keyMaterialID = "KeyMaterialId"
    }
}

package struct GenerateRandomRequest: WireRequest {
    package static let operation = OperationName.generateRandom
    private let bytes: Int?
    package let customKeyStore: String?
    private let hasRecipient: Bool

    /// How many bytes are wanted. To be asked for when the request has been checked: then it is there.
    package var count: Int { bytes ?? 0 }

    package init(from members: inout MemberReader) throws(WireError) {
        bytes = try members.integer("NumberOfBytes", in: 1...1024)
        customKeyStore = try members.string("CustomKeyStoreId", .customKeyStoreID)
        hasRecipient = members.has("Recipient")
    }

    package func check() throws(WireError) {
        guard bytes != nil else { throw .validation("NumberOfBytes is required.") }
        if hasRecipient { throw .recipientNotSupported }
    }
}

package struct GenerateRandomResponse: WireResponse {
    private let plaintext: Blob

    package init(_ bytes: borrowing SecretBytes) {
        plaintext = Blob(bytes)
    }

    private enum CodingKeys: String, CodingKey {
        case plaintext = "Plaintext"
    }
}
