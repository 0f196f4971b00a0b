import KMSPolicy
import Synchronization

/// Which of a key's grants ListGrants shall show.
package struct GrantFilter: Sendable {
    package var id: String?
    package var grantee: NewGrant.Party?

    package init(id: String? = nil, grantee: NewGrant.Party? = nil) {
        self.id = id
        self.grantee = grantee
    }
}

extension KeyStore {
    private static let defaultGrantLimit = 50

    package func listGrants(
        on name: String, _ filter: GrantFilter, _ page: PageRequest, by context: CallContext
    ) throws(KMSError) -> Page<Grant> {
        if let id = filter.id { try GrantID.check(id) }
        if case .service = filter.grantee { try checkIsService("GranteeServicePrincipal", context) }
        let entry = try resolveGrantedKey(
            name, for: .listGrants, by: context, with: .grantManagement(by: context))
        let limit = page.limit ?? Self.defaultGrantLimit
        let last = try page.lastName(of: "ListGrants")
        let isWanted = { (grant: Grant) in filter.grantee.map { grant.isFor($0) } ?? true }
        // One more than fits tells whether there are others.
        let grants =
            filter.id.map { [entry.grants.grant($0)].compactMap(\.self).filter(isWanted) }
            ?? entry.grants.grants(after: last, count: limit + 1, where: isWanted)
        return try Page(of: grants, page, list: "ListGrants", defaultLimit: limit, name: \.id).map(shown)
    }

    /// The grants of the Region that a principal may retire, on keys of whichever account. Only the caller's own
    /// identity policies are asked.
    package func listRetirableGrants(
        by retiring: NewGrant.Party, _ page: PageRequest, by context: CallContext
    ) throws(KMSError) -> Page<Grant> {
        try authorize(.listRetirableGrants, on: .account(context.scope), by: context)
        let name = try retiringName(retiring, by: context)
        let keys = table.withLock { table in
            table.scopes.filter { $0.key.region == context.region }.flatMap { $0.value.keys.values }
        }
        let grants = keys.flatMap { $0.grants.grants(retirableBy: name) }.filter { $0.isRetirable(by: retiring) }
        return try Page(
            of: grants.sorted { $0.id < $1.id }, page, list: "ListRetirableGrants",
            defaultLimit: Self.defaultGrantLimit, name: \.id
        ).map(shown)
    }

    private func retiringName(_ retiring: NewGrant.Party, by context: CallContext) throws(KMSError) -> String {
        switch retiring {
        case .service(let name):
            try checkIsService("RetiringServicePrincipal", context)
            return name
        case .principal(let arn):
            guard arn.hasPrefix("arn:"), PrincipalPattern(identity: arn) != nil else { throw .noPrincipal(arn) }
            let account = arn.split(separator: ":", omittingEmptySubsequences: false)[4]
            guard account == context.principal.account.description else {
                throw KMSError(
                    .invalidARN,
                    "\(arn) is of another account. Name a principal of \(context.principal.account)."
                )
            }
            return arn
        }
    }

    private func checkIsService(_ member: String, _ context: CallContext) throws(KMSError) {
        guard context.caller.isService else {
            throw KMSError(.validation, "\(member) can be used by services alone.")
        }
    }

    /// A grant as lists have it: of principals that have gone their unique ids are left.
    private func shown(_ grant: Grant) -> Grant {
        grant.showing(
            grantee: shownName(of: grant.granteePrincipal, grant.granteeID),
            retiring: grant.retiringPrincipal.map { shownName(of: $0, grant.retiringID) })
    }

    private func shownName(of arn: String, _ uniqueID: String?) -> String {
        guard let uniqueID, principals.look(up: arn) != .identity(uniqueID: uniqueID) else { return arn }
        return uniqueID
    }
}

extension Grant {
    /// A principal that has gone can be asked for by its unique id.
    fileprivate func isFor(_ party: NewGrant.Party) -> Bool {
        switch party {
        case .principal(let name): granteePrincipal == name || granteeID == name
        case .service(let name): isForService && granteePrincipal == name
        }
    }

    fileprivate func isRetirable(by party: NewGrant.Party) -> Bool {
        if case .service = party { retiringPrincipalIsService } else { !retiringPrincipalIsService }
    }

    fileprivate func showing(grantee: String, retiring: String?) -> Grant {
        Grant(
            id: id, key: key, name: name, creationDate: creationDate, granteePrincipal: grantee,
            isForService: isForService, granteeID: granteeID, retiringPrincipal: retiring,
            retiringPrincipalIsService: retiringPrincipalIsService, retiringID: retiringID,
            issuingAccount: issuingAccount, operations: operations, constraint: constraint, sourceARN: sourceARN)
    }
}
