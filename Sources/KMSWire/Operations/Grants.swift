package import KMSCore

package struct CreateGrantRequest: WireRequest {
    package static let operation = OperationName.createGrant
    package let keyID: String
    package let newGrant: NewGrant
    package let isDryRun: Bool

    package init(from members: inout MemberReader) throws(WireError) {
        keyID = try members.requiredString("KeyId", .keyID)
        let grantee = try members.requiredGrantParty("Grantee")
        let retiring = try members.grantParty("Retiring")
        let operations = try members.requiredStrings("Operations", .grantOperation)
        let constraints = try members.structure("Constraints", GrantConstraintMembers.init)
        var grant = NewGrant(to: grantee, Set(operations))
        grant.retiring = retiring
        grant.constraint = constraints?.constraint
        grant.sourceARN = constraints?.sourceARN
        grant.name = try members.string("Name", .grantName)
        newGrant = grant
        try members.grantTokens()
        isDryRun = try members.flag("DryRun")
    }
}

/// `GrantConstraints` of the model.
private struct GrantConstraintMembers {
    let constraint: Grant.Constraint?
    let sourceARN: String?

    init(from members: inout MemberReader) throws(WireError) {
        let equals = try members.optionalStringMap("EncryptionContextEquals")
        let subset = try members.optionalStringMap("EncryptionContextSubset")
        sourceARN = try members.string("SourceArn", .grantConstraintSourceARN)
        if equals?.isEmpty == false, subset?.isEmpty == false {
            members.refuse(
                .validation(
                    "Constraints can have either EncryptionContextEquals or EncryptionContextSubset, but not both."))
        }
        // Terraform sends the one that its user gave, and the other one without pairs.
        let isSubset = equals == nil || equals?.isEmpty == true && subset?.isEmpty == false
        constraint =
            isSubset ? subset.map { .encryptionContextSubset($0) } : equals.map { .encryptionContextEquals($0) }
    }
}

package struct CreateGrantResponse: WireResponse {
    private let token: Blob
    private let id: String

    package init(_ grant: CreatedGrant) {
        token = Blob(grant.token.encoded)
        id = grant.id
    }

    private enum CodingKeys: String, CodingKey {
        case token = "GrantToken"
        case id = "GrantId"
    }
}

package struct RetireGrantRequest: WireRequest {
    package static let operation = OperationName.retireGrant
    package let grant: GrantName
    package let isDryRun: Bool

    package init(from members: inout MemberReader) throws(WireError) {
        let hasToken = members.has("GrantToken")
        let token = try members.grantToken("GrantToken")
        let keyID = try members.string("KeyId", .keyID)
        let grantID = try members.string("GrantId", .grantID)
        if hasToken ? keyID != nil || grantID != nil : keyID == nil || grantID == nil {
            members.refuse(
                .validation("Name the grant either by its GrantToken, or by both its KeyId and its GrantId."))
        }
        grant = token.map { .token($0) } ?? .id(grantID ?? "", key: keyID ?? "")
        isDryRun = try members.flag("DryRun")
    }
}

package struct RevokeGrantRequest: WireRequest {
    package static let operation = OperationName.revokeGrant
    package let keyID: String
    package let grantID: String
    package let isDryRun: Bool

    package init(from members: inout MemberReader) throws(WireError) {
        keyID = try members.requiredString("KeyId", .keyID)
        grantID = try members.requiredString("GrantId", .grantID)
        isDryRun = try members.flag("DryRun")
    }
}
