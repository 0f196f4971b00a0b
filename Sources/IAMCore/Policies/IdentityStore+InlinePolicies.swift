package import KMSCore
import KMSPolicy

/// Policies that are a user's or role's own.
extension IdentityStore {
    package func putInlinePolicy(
        _ name: String, _ text: String, on identity: IdentityName, by context: CallContext
    ) async throws(KMSError) {
        try IAMName.check(name, "PolicyName", 1...128)
        _ = try PolicyText.parse(text, as: .identity)
        let limit = identity.kind == .role ? limits.rolePolicySize : limits.userPolicySize
        try await change(identity, for: identity.action("Put", "Policy"), by: context) {
            owner throws(KMSError) in
            owner.inlinePolicies[name] = text
            guard owner.inlinePolicies.values.reduce(0, { $0 + PolicyText.size($1) }) <= limit else {
                throw KMSError(
                    .limitExceeded,
                    "Maximum policy size of \(limit) bytes exceeded for \(identity.kind.rawValue) \(identity.name)")
            }
        }
    }

    /// The policy, word for word.
    package func getInlinePolicy(
        _ name: String, of identity: IdentityName, by context: CallContext
    ) throws(KMSError) -> String {
        let entry = try find(identity, for: identity.action("Get", "Policy"), by: context)
        guard let text = entry.identity.inlinePolicies[name] else {
            throw .noSuch("\(identity.kind.rawValue) policy", name)
        }
        return text
    }

    /// Their names.
    package func listInlinePolicies(
        of identity: IdentityName, _ page: PageRequest, by context: CallContext
    ) throws(KMSError) -> Page<String> {
        try IAMName.check(limit: page)
        let action = identity.kind == .role ? "iam:ListRolePolicies" : "iam:ListUserPolicies"
        let names = try find(identity, for: action, by: context).identity.inlinePolicies.keys.sorted()
        return try Page(of: names, page, list: action, defaultLimit: 100) { $0 }
    }

    package func deleteInlinePolicy(
        _ name: String, of identity: IdentityName, by context: CallContext
    ) async throws(KMSError) {
        try await change(identity, for: identity.action("Delete", "Policy"), by: context) {
            owner throws(KMSError) in
            guard owner.inlinePolicies.removeValue(forKey: name) != nil else {
                throw .noSuch("\(identity.kind.rawValue) policy", name)
            }
        }
    }
}
