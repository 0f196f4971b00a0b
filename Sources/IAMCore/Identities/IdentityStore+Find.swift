import KMSCore
import KMSPolicy

extension IdentityStore {
    /// The user or role of this name, if the caller may do `action` to it. Throws `accessDenied`, or `notFound` for
    /// those who may.
    func find(
        _ name: IdentityName, for action: String, by context: CallContext,
        with conditions: [ConditionKey: ConditionValues] = [:]
    ) throws(KMSError) -> IdentityEntry {
        try IAMName.check(name.name, name.kind == .user ? "UserName" : "RoleName", 1...128)
        let entry = read { $0.identity(name, in: context.principal.account) }
        try authorize(
            action, on: .identity(name, in: context.principal.account, entry), by: context, with: conditions)
        guard let entry else { throw .noSuch(name) }
        return entry
    }

    /// Changes a user or role.
    func change(
        _ name: IdentityName, for action: String, by context: CallContext,
        with conditions: [ConditionKey: ConditionValues] = [:], _ edit: (inout Identity) throws(KMSError) -> Void
    ) async throws(KMSError) {
        try await changes.run { () async throws(KMSError) in
            var identity = try find(name, for: action, by: context, with: conditions).identity
            try edit(&identity)
            try await commit([.saveIdentity(identity)], by: context)
        }
    }

    /// Throws what `find` would of an identity that went meanwhile.
    func stillThere(_ entry: IdentityEntry) throws(KMSError) -> IdentityEntry {
        guard let entry = read({ $0.identities[entry.id] }) else {
            throw .noSuch(IdentityName(entry.identity.key.kind, entry.identity.key.name))
        }
        return entry
    }

    /// The user of this name, or the caller where there is none.
    func userName(_ name: String?, of context: CallContext) throws(KMSError) -> String {
        if let name = name ?? context.caller.userName { return name }
        throw KMSError(.validation, "Must specify userName when calling with non-User credentials")
    }

    /// Throws unless a policy of this ARN can be a boundary. Whether it is there is told only to who may set it.
    func checkBoundary(_ arn: String?, in account: AccountID) throws(KMSError) {
        guard let arn else { return }
        guard read({ $0.policy(arn, for: account) }) != nil else { throw .noSuchPolicy(arn) }
    }
}

extension IdentityName {
    /// `iam:PutUserPolicy` of `Put`, `Policy` and a user.
    func action(_ verb: String, _ object: String = "") -> String {
        "iam:\(verb)\(kind == .user ? "User" : "Role")\(object)"
    }
}

extension IdentityTable {
    /// A managed policy that an account can use: one of its own, or a built-in one.
    func policy(_ arn: String, for account: AccountID) -> PolicyEntry? {
        guard let entry = policies[arn], entry.policy.map({ $0.account == account }) ?? true else { return nil }
        return entry
    }
}
