package import KMSCore
import KMSPolicy

/// Managed policies of users and roles, and their boundaries.
extension IdentityStore {
    /// To attach one that is attached is no error.
    package func attachPolicy(
        _ arn: String, to identity: IdentityName, by context: CallContext
    ) async throws(KMSError) {
        let limit = limits.attachedPolicies
        let action = identity.kind == .role ? "iam:AttachRolePolicy" : "iam:AttachUserPolicy"
        try await change(identity, for: action, by: context, with: .policy(arn)) { owner throws(KMSError) in
            guard read({ $0.policy(arn, for: owner.key.account) }) != nil else { throw .noSuchPolicy(arn) }
            guard !owner.attachedPolicies.contains(arn) else { return }
            guard owner.attachedPolicies.count < limit else {
                throw .quota(identity.kind == .role ? "PoliciesPerRole" : "PoliciesPerUser", limit)
            }
            owner.attachedPolicies.append(arn)
        }
    }

    package func detachPolicy(
        _ arn: String, from identity: IdentityName, by context: CallContext
    ) async throws(KMSError) {
        let action = identity.kind == .role ? "iam:DetachRolePolicy" : "iam:DetachUserPolicy"
        try await change(identity, for: action, by: context, with: .policy(arn)) { owner throws(KMSError) in
            guard let index = owner.attachedPolicies.firstIndex(of: arn) else { throw .noSuchPolicy(arn) }
            owner.attachedPolicies.remove(at: index)
        }
    }

    package func listAttachedPolicies(
        of identity: IdentityName, pathPrefix: String = "/", _ page: PageRequest, by context: CallContext
    ) throws(KMSError) -> Page<AttachedPolicy> {
        try IAMName.check(pathPrefix: pathPrefix)
        try IAMName.check(limit: page)
        let action = identity.kind == .role ? "iam:ListAttachedRolePolicies" : "iam:ListAttachedUserPolicies"
        let arns = try find(identity, for: action, by: context).identity.attachedPolicies
        let attached = read { table in
            arns.compactMap { table.policies[$0] }.filter { $0.path.hasPrefix(pathPrefix) }
        }.map { AttachedPolicy(arn: $0.arn, name: $0.name) }.sorted { $0.arn < $1.arn }
        return try Page(of: attached, page, list: action, defaultLimit: 100) { $0.arn }
    }

    package func putPermissionsBoundary(
        _ arn: String, on identity: IdentityName, by context: CallContext
    ) async throws(KMSError) {
        let action = identity.action("Put", "PermissionsBoundary")
        try await change(identity, for: action, by: context, with: .boundary(arn)) { owner throws(KMSError) in
            try checkBoundary(arn, in: owner.key.account)
            owner.permissionsBoundary = arn
        }
    }

    package func deletePermissionsBoundary(
        of identity: IdentityName, by context: CallContext
    ) async throws(KMSError) {
        let action = identity.action("Delete", "PermissionsBoundary")
        try await change(identity, for: action, by: context) { owner throws(KMSError) in
            guard owner.permissionsBoundary != nil else {
                throw KMSError(
                    .notFound, "The \(identity.kind.rawValue) \(identity.name) has no permissions boundary.")
            }
            owner.permissionsBoundary = nil
        }
    }
}
