package import KMSCore

package struct ListGrantsRequest: WireRequest {
    package static let operation = OperationName.listGrants
    package let keyID: String
    package let filter: GrantFilter
    package let page: PageRequest

    package init(from members: inout MemberReader) throws(WireError) {
        keyID = try members.requiredString("KeyId", .keyID)
        let id = try members.string("GrantId", .grantID)
        filter = GrantFilter(id: id, grantee: try members.grantParty("Grantee"))
        page = try members.page(limit: 1...100)
    }
}

package struct ListRetirableGrantsRequest: WireRequest {
    package static let operation = OperationName.listRetirableGrants
    package let retiring: NewGrant.Party
    package let page: PageRequest

    package init(from members: inout MemberReader) throws(WireError) {
        retiring = try members.requiredGrantParty("Retiring")
        page = try members.page(limit: 1...100)
    }
}

extension MemberReader {
    /// One of the two members that name a grant's grantee or its retiring principal; nil when neither is there.
    ///
    /// - Parameter role: `Grantee` or `Retiring`.
    mutating func grantParty(_ role: String) throws(WireError) -> NewGrant.Party? {
        let principal = try string(role + "Principal", .principalID)
        let service = try string(role + "ServicePrincipal", .servicePrincipal)
        if principal != nil, service != nil {
            refuse(
                .validation("You can specify either \(role)Principal or \(role)ServicePrincipal, but not both."))
        }
        return principal.map { .principal($0) } ?? service.map { .service($0) }
    }

    mutating func requiredGrantParty(_ role: String) throws(WireError) -> NewGrant.Party {
        if let party = try grantParty(role) { return party }
        refuse(.validation("You must specify either \(role)Principal or \(role)ServicePrincipal, but not both."))
        return .principal("")
    }
}

/// `GrantListEntry` of the model.
package struct GrantListEntry: Encodable, Sendable {
    private let grant: Grant

    init(_ grant: Grant) {
        self.grant = grant
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(grant.key.arn, forKey: .keyARN)
        try container.encode(grant.id, forKey: .id)
        try container.encode(grant.name, forKey: .name)
        try container.encode(WireTimestamp(grant.creationDate), forKey: .creationDate)
        try container.encode(grant.granteePrincipal, forKey: grant.isForService ? .granteeService : .grantee)
        try container.encodeIfPresent(
            grant.retiringPrincipal, forKey: grant.retiringPrincipalIsService ? .retiringService : .retiring)
        try container.encode(grant.issuingAccount, forKey: .issuingAccount)
        try container.encode(grant.operations.sorted(), forKey: .operations)
        if grant.constraint != nil || grant.sourceARN != nil {
            var constraints = container.nestedContainer(keyedBy: MemberName.self, forKey: .constraints)
            if let constraint = grant.constraint {
                try constraints.encode(constraint.pairs, forKey: MemberName(stringValue: constraint.name))
            }
            try constraints.encodeIfPresent(grant.sourceARN, forKey: MemberName(stringValue: "SourceArn"))
        }
    }

    private enum CodingKeys: String, CodingKey {
        case keyARN = "KeyId"
        case id = "GrantId"
        case name = "Name"
        case creationDate = "CreationDate"
        case grantee = "GranteePrincipal"
        case granteeService = "GranteeServicePrincipal"
        case retiring = "RetiringPrincipal"
        case retiringService = "RetiringServicePrincipal"
        case issuingAccount = "IssuingAccount"
        case operations = "Operations"
        case constraints = "Constraints"
    }
}

extension ListResponse<GrantListEntry> {
    package init(grants: Page<Grant>) {
        self.init("Grants", grants, GrantListEntry.init)
    }
}
