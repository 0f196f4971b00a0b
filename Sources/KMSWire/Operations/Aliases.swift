package import KMSCore

package struct CreateAliasRequest: WireRequest {
    package static let operation = OperationName.createAlias
    package let name: String
    package let target: String

    package init(from members: inout MemberReader) throws(WireError) {
        name = try members.requiredString("AliasName", .aliasName)
        target = try members.requiredString("TargetKeyId", .keyID)
    }
}

package struct UpdateAliasRequest: WireRequest {
    package static let operation = OperationName.updateAlias
    package let name: String
    package let target: String

    package init(from members: inout MemberReader) throws(WireError) {
        name = try members.requiredString("AliasName", .aliasName)
        target = try members.requiredString("TargetKeyId", .keyID)
    }
}

package struct DeleteAliasRequest: WireRequest {
    package static let operation = OperationName.deleteAlias
    package let name: String

    package init(from members: inout MemberReader) throws(WireError) {
        name = try members.requiredString("AliasName", .aliasName)
    }
}

package struct ListAliasesRequest: WireRequest {
    package static let operation = OperationName.listAliases
    package let keyID: String?
    package let page: PageRequest

    package init(from members: inout MemberReader) throws(WireError) {
        keyID = try members.string("KeyId", .keyID)
        page = try members.page()
    }
}

/// `AliasListEntry` of the model.
package struct AliasListEntry: Encodable, Sendable {
    private let name: String
    private let arn: String
    private let target: String
    private let creationDate: WireTimestamp
    private let lastUpdatedDate: WireTimestamp

    init(_ alias: Alias) {
        name = alias.name
        arn = alias.scope.aliasARN(alias.name)
        target = alias.target.description
        creationDate = WireTimestamp(alias.creationDate)
        lastUpdatedDate = WireTimestamp(alias.lastUpdatedDate)
    }

    private enum CodingKeys: String, CodingKey {
        case name = "AliasName"
        case arn = "AliasArn"
        case target = "TargetKeyId"
        case creationDate = "CreationDate"
        case lastUpdatedDate = "LastUpdatedDate"
    }
}

extension ListResponse<AliasListEntry> {
    package init(aliases: Page<Alias>) {
        self.init("Aliases", aliases, AliasListEntry.init)
    }
}
