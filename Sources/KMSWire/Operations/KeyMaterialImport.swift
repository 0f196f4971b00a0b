package import KMSCore

package struct GetParametersForImportRequest: WireRequest {
    package static let operation = OperationName.getParametersForImport
    package let keyID: String
    package let algorithm: String
    package let wrappingKeySpec: String

    package init(from members: inout MemberReader) throws(WireError) {
        keyID = try members.requiredString("KeyId", .keyID)
        algorithm = try members.requiredString("WrappingAlgorithm", .wrappingAlgorithm)
        wrappingKeySpec = try members.requiredString("WrappingKeySpec", .wrappingKeySpec)
    }
}

package struct GetParametersForImportResponse: WireResponse {
    private let keyARN: String
    private let importToken: Blob
    private let publicKey: Blob
    private let validTo: WireTimestamp

    package init(_ parameters: ImportParameters) {
        keyARN = parameters.keyARN
        importToken = Blob(parameters.importToken)
        publicKey = Blob(parameters.publicKey)
        validTo = WireTimestamp(parameters.validTo)
    }

    private enum CodingKeys: String, CodingKey {
        case keyARN = "KeyId"
        case importToken = "ImportToken"
        case publicKey = "PublicKey"
        case validTo = "ParametersValidTo"
    }
}

package struct ImportKeyMaterialRequest: WireRequest {
    package static let operation = OperationName.importKeyMaterial
    package let keyID: String
    package let material: MaterialImport

    package init(from members: inout MemberReader) throws(WireError) {
        keyID = try members.requiredString("KeyId", .keyID)
        let token = try members.requiredBlob("ImportToken", length: 1...6144)
        let encrypted = try members.requiredBlob("EncryptedKeyMaterial", length: 1...6144)
        material = MaterialImport(
            importToken: token, encryptedMaterial: encrypted, validTo: try members.timestamp("ValidTo"),
            expires: try members.string("ExpirationModel", .expirationModel).map { $0 == WireExpiry.expires } ?? true,
            isNew: try members.string("ImportType", .importType) == "NEW_KEY_MATERIAL",
            description: try members.string("KeyMaterialDescription", .keyMaterialDescription),
            materialID: try members.string("KeyMaterialId", .keyMaterialID)
        )
    }

    package func check() throws(WireError) {
        guard !material.isNew || material.materialID == nil else {
            throw .validation("You cannot specify a KeyMaterialId with ImportType set to NEW_KEY_MATERIAL.")
        }
    }
}

package struct DeleteImportedKeyMaterialRequest: WireRequest {
    package static let operation = OperationName.deleteImportedKeyMaterial
    package let keyID: String
    package let materialID: String?

    package init(from members: inout MemberReader) throws(WireError) {
        keyID = try members.requiredString("KeyId", .keyID)
        materialID = try members.string("KeyMaterialId", .keyMaterialID)
    }
}

/// The answer to an import and to a deletion.
package struct MaterialChangeResponse: WireResponse {
    private let keyARN: String
    private let keyMaterialID: String?

    package init(_ change: MaterialChange) {
        keyARN = change.keyARN
        keyMaterialID = change.keyMaterialID
    }

    private enum CodingKeys: String, CodingKey {
        case keyARN = "KeyId"
        case keyMaterialID = "KeyMaterialId"
    }
}
