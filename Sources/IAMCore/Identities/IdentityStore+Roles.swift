package import KMSCore
import KMSPolicy

/// Roles.
extension IdentityStore {
    package func createRole(_ new: NewRole, by context: CallContext) async throws(KMSError) -> Identity {
        try IAMName.check(new.name, "RoleName", 1...64)
        try IAMName.check(path: new.path)
        try IAMName.check(description: new.description)
        try IAMTags.check(new.tags, atMost: limits.tags)
        try checkDuration(new.maximumSessionDuration)
        let account = context.principal.account
        let role = Identity(
            key: Identity.Key(account: account, kind: .role, name: new.name), path: new.path,
            uniqueID: UniqueID.new(.role), creationDate: clock.now, description: new.description,
            trustPolicy: new.trustPolicy, maximumSessionDuration: new.maximumSessionDuration,
            permissionsBoundary: new.permissionsBoundary,
            tags: try IAMTags.merge(new.tags, into: [:], atMost: limits.tags))
        let document = try parseTrustPolicy(new.trustPolicy)
        return try await add(role, new.tags, quota: ("RolesPerAccount", limits.roles), by: context) {
            role throws(KMSError) in
            role.trustPrincipals = try principals(of: document)
        }
    }

    package func getRole(_ name: String, by context: CallContext) throws(KMSError) -> Identity {
        try shown(find(.role(name), for: "iam:GetRole", by: context).identity)
    }

    package func listRoles(
        pathPrefix: String = "/", _ page: PageRequest, by context: CallContext
    ) throws(KMSError) -> Page<Identity> {
        let roles = try list(.role, for: "iam:ListRoles", pathPrefix, page, by: context)
        return Page(items: roles.items.map { shown($0) }, nextMarker: roles.nextMarker)
    }

    /// What is nil stays as it is.
    package func updateRole(
        _ name: String, description: String?, maximumSessionDuration: Int?, by context: CallContext
    ) async throws(KMSError) {
        if let description { try IAMName.check(description: description) }
        if let maximumSessionDuration { try checkDuration(maximumSessionDuration) }
        try await change(.role(name), for: "iam:UpdateRole", by: context) { role throws(KMSError) in
            role.description = description ?? role.description
            role.maximumSessionDuration = maximumSessionDuration ?? role.maximumSessionDuration
        }
    }

    /// Sessions that are there already go on.
    package func updateAssumeRolePolicy(
        ofRole name: String, _ text: String, by context: CallContext
    ) async throws(KMSError) {
        let document = try parseTrustPolicy(text)
        try await change(.role(name), for: "iam:UpdateAssumeRolePolicy", by: context) { role throws(KMSError) in
            role.trustPrincipals = try principals(of: document)
            role.trustPolicy = text
        }
    }

    package func deleteRole(_ name: String, by context: CallContext) async throws(KMSError) {
        try await changes.run { () async throws(KMSError) in
            try await remove(find(.role(name), for: "iam:DeleteRole", by: context).identity, by: context)
        }
    }

    private func checkDuration(_ seconds: Int) throws(KMSError) {
        guard (3600...43_200).contains(seconds) else {
            throw KMSError(.validation, "MaxSessionDuration has to be from 3,600 to 43,200 seconds.")
        }
    }

    private func parseTrustPolicy(_ text: String) throws(KMSError) -> PolicyDocument {
        let document = try PolicyText.parse(text, as: .trust)
        guard PolicyText.size(text) <= limits.trustPolicySize else {
            throw .quota("ACLSizePerRole", limits.trustPolicySize)
        }
        return document
    }

    /// The role with its trust policy as it counts.
    private func shown(_ role: Identity) -> Identity {
        var shown = role
        shown.trustPolicy = self.shown(role.trustPolicy, naming: role.trustPrincipals)
        return shown
    }

    private func principals(of document: PolicyDocument) throws(KMSError) -> [String: String] {
        try principalIDs(of: document) { name, _ in
            KMSError(
                .malformedPolicy,
                "Invalid principal in policy: \"AWS\":\"\(name)\" is no account, user or role of this server.")
        }
    }
}
