package import KMSCore

extension IdentityStore {
    package func listPolicies(
        _ filter: PolicyFilter, _ page: PageRequest, by context: CallContext
    ) throws(KMSError) -> Page<PolicyDescription> {
        try IAMName.check(pathPrefix: filter.pathPrefix)
        try IAMName.check(limit: page)
        let account = context.principal.account
        try authorize(
            "iam:ListPolicies",
            on: IAMResource(
                namedARN: "arn:aws:iam::\(account):policy\(filter.pathPrefix)",
                label: "policy path \(filter.pathPrefix)"), by: context)
        let (entries, identities) = read { table in
            (
                (filter.scope == .builtIn ? [] : table.policies(of: account))
                    + (filter.scope == .local ? [] : table.builtInPolicies),
                table.identities.values.map(\.identity).filter { $0.key.account == account }
            )
        }
        let users = Self.users(among: identities)
        let policies = entries.filter { $0.path.hasPrefix(filter.pathPrefix) }
            .map { PolicyDescription($0, users[$0.arn] ?? PolicyUsers()) }
            .filter { filter.admits($0) }
            .sorted { $0.arn < $1.arn }
        return try Page(of: policies, page, list: "ListPolicies", defaultLimit: 100) { $0.arn }
    }

    /// By the ARNs of the policies.
    private static func users(among identities: [Identity]) -> [String: PolicyUsers] {
        var users: [String: PolicyUsers] = [:]
        for identity in identities {
            for arn in identity.attachedPolicies { users[arn, default: PolicyUsers()].attached.append(identity) }
            if let arn = identity.permissionsBoundary {
                users[arn, default: PolicyUsers()].bounded.append(identity)
            }
        }
        return users
    }
}

extension PolicyFilter {
    fileprivate func admits(_ policy: PolicyDescription) -> Bool {
        let isUsed =
            switch usage {
            case .permissionsPolicy: policy.attachmentCount > 0
            case .permissionsBoundary: policy.boundaryUsageCount > 0
            case nil: true
            }
        return isUsed && (!onlyAttached || policy.attachmentCount > 0)
    }
}
