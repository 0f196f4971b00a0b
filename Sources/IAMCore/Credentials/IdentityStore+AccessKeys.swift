package import KMSCore
import KMSPolicy
import SecureMemory
import SigV4

/// Access keys. Where `user` is nil it is the caller, a user or the account's root.
extension IdentityStore {
    /// Its secret is told this once.
    package func createAccessKey(
        ofUser user: String?, by context: CallContext
    ) async throws(KMSError) -> IssuedAccessKey {
        try await issueAccessKey(to: keyOwner(user, for: "iam:CreateAccessKey", by: context), by: context)
    }

    package func listAccessKeys(
        ofUser user: String?, _ page: PageRequest, by context: CallContext
    ) throws(KMSError) -> Page<AccessKeyDescription> {
        try IAMName.check(limit: page)
        let owner = try keyOwner(user, for: "iam:ListAccessKeys", by: context)
        let keys = read { $0.accessKeys(of: owner.id) }.map { key in
            AccessKeyDescription(
                id: key.id, userName: owner.userName, isActive: key.isActive, creationDate: key.creationDate)
        }
        return try Page(of: keys, page, list: "ListAccessKeys", defaultLimit: 100) { $0.id }
    }

    /// An access key that is not active is known to nobody.
    package func updateAccessKey(
        _ id: String, ofUser user: String?, isActive: Bool, by context: CallContext
    ) async throws(KMSError) {
        try await changes.run { () async throws(KMSError) in
            let owner = try keyOwner(user, for: "iam:UpdateAccessKey", by: context)
            var key = try accessKey(id, of: owner)
            guard key.isActive != isActive else { return }
            key.isActive = isActive
            let credential = isActive ? try await vault.credential(of: key) : nil
            try await commit([.saveAccessKey(key)], opening: credential, by: context)
        }
    }

    package func deleteAccessKey(
        _ id: String, ofUser user: String?, by context: CallContext
    ) async throws(KMSError) {
        try await changes.run { () async throws(KMSError) in
            let owner = try keyOwner(user, for: "iam:DeleteAccessKey", by: context)
            _ = try accessKey(id, of: owner)
            try await commit([.removeAccessKey(id: id)], by: context)
        }
    }

    package func accessKeyLastUsed(_ id: String, by context: CallContext) throws(KMSError) -> AccessKeyUse {
        let (user, isRoot, last) = read { table in
            let owner = table.accessKeys[id]?.owner
            let user = owner.flatMap { table.identities[$0]?.identity }
            let account = context.principal.account
            let isOwn = user?.key.account == account && user?.key.kind == .user
            return (isOwn ? user : nil, owner == account.description, table.uses[id])
        }
        var resource = IAMResource(
            namedARN: "arn:aws:iam::\(context.principal.account):user/*", label: "access key \(id.prefix(128))")
        resource.actual = user.map { IAMResource.Actual(arn: $0.arn, tags: $0.tags) }
        try authorize("iam:GetAccessKeyLastUsed", on: resource, by: context)
        guard user != nil || isRoot else { throw .noSuchAccessKey(id) }
        return AccessKeyUse(userName: user?.key.name, last: last)
    }
}

/// Whose access keys are dealt with.
struct KeyOwner: Sendable {
    /// A unique id, or the account's id for its root.
    let id: String
    let principal: Principal
    /// Of a user alone.
    let userName: String?

    init(_ identity: Identity) {
        id = identity.uniqueID
        principal = Principal(account: identity.key.account, arn: identity.arn)
        userName = identity.key.kind == .user ? identity.key.name : nil
    }

    init(rootOf account: AccountID) {
        id = account.description
        principal = Principal(account: account, arn: account.rootARN)
        userName = nil
    }
}

extension IdentityStore {
    private func keyOwner(
        _ user: String?, for action: String, by context: CallContext
    ) throws(KMSError) -> KeyOwner {
        guard user == nil, context.caller.policyCaller.kind == .root else {
            return KeyOwner(try find(.user(userName(user, of: context)), for: action, by: context).identity)
        }
        let root = KeyOwner(rootOf: context.principal.account)
        try authorize(action, on: .arn(root.principal.arn), by: context)
        return root
    }

    private func accessKey(_ id: String, of owner: KeyOwner) throws(KMSError) -> AccessKey {
        guard let owned = read({ $0.accessKeys[id] }), owned.owner == owner.id else {
            throw .noSuchAccessKey(id)
        }
        return owned.key
    }

    /// The token makes the secret while others change what they like; whose it is, is looked at again afterwards.
    func issueAccessKey(to owner: KeyOwner, by context: CallContext) async throws(KMSError) -> IssuedAccessKey {
        try checkThatKeyMayBeMade(for: owner)
        let made = try await vault.newAccessKey(for: owner.principal, at: clock.now)
        let key = made.accessKey
        let credential = made.secret.withExposedBytes { SigningCredential(accessKeyID: key.id, secretAccessKey: $0) }
        try await changes.run { () async throws(KMSError) in
            try checkThatKeyMayBeMade(for: owner)
            context.draft.note(response: .accessKey(key, userName: owner.userName))
            try await commit([.saveAccessKey(key)], opening: credential, by: context)
        }
        return IssuedAccessKey(
            id: key.id, secret: made.takeSecret(), userName: owner.userName, creationDate: key.creationDate)
    }

    private func checkThatKeyMayBeMade(for owner: KeyOwner) throws(KMSError) {
        let (current, count) = read { table in
            (table.owner(of: owner.principal), table.accessKeys(of: owner.id).count)
        }
        // Gone or renamed since it was found.
        guard current == owner.id else {
            throw KMSError(.notFound, "\(owner.principal.arn) is not there any more.")
        }
        guard count < limits.accessKeys else { throw .quota("AccessKeysPerUser", limits.accessKeys) }
    }
}

extension KMSError {
    static func noSuchAccessKey(_ id: String) -> KMSError {
        KMSError(.notFound, "The Access Key with id \(id.prefix(128)) cannot be found.")
    }
}
