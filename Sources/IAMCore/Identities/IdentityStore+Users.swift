package import KMSCore
import KMSPolicy

/// Users. Where a name is nil it is the caller's. In all lists `PageRequest.limit` is 1 to 1,000, and 100 if nil.
extension IdentityStore {
    package func createUser(_ new: NewUser, by context: CallContext) async throws(KMSError) -> Identity {
        try IAMName.check(new.name, "UserName", 1...64)
        try IAMName.check(path: new.path)
        try IAMTags.check(new.tags, atMost: limits.tags)
        let account = context.principal.account
        let user = Identity(
            key: Identity.Key(account: account, kind: .user, name: new.name), path: new.path,
            uniqueID: UniqueID.new(.user), creationDate: clock.now, permissionsBoundary: new.permissionsBoundary,
            tags: try IAMTags.merge(new.tags, into: [:], atMost: limits.tags))
        return try await add(user, new.tags, quota: ("UsersPerAccount", limits.users), by: context)
    }

    package func getUser(_ name: String?, by context: CallContext) throws(KMSError) -> Identity {
        try find(.user(userName(name, of: context)), for: "iam:GetUser", by: context).identity
    }

    package func listUsers(
        pathPrefix: String = "/", _ page: PageRequest, by context: CallContext
    ) throws(KMSError) -> Page<Identity> {
        try list(.user, for: "iam:ListUsers", pathPrefix, page, by: context)
    }

    /// Under a new name a user keeps its unique id, access keys, devices, sessions and policies.
    package func updateUser(
        _ name: String, newPath: String? = nil, newName: String? = nil, by context: CallContext
    ) async throws(KMSError) {
        if let newName { try IAMName.check(newName, "NewUserName", 1...64) }
        if let newPath { try IAMName.check(path: newPath) }
        try await changes.run { () async throws(KMSError) in
            let user = try find(.user(name), for: "iam:UpdateUser", by: context).identity
            var moved = Identity(
                key: Identity.Key(account: user.key.account, kind: .user, name: newName ?? name),
                path: newPath ?? user.path, uniqueID: user.uniqueID, creationDate: user.creationDate,
                inlinePolicies: user.inlinePolicies, attachedPolicies: user.attachedPolicies,
                permissionsBoundary: user.permissionsBoundary, tags: user.tags)
            moved.description = user.description
            try authorize("iam:UpdateUser", on: .arn(moved.arn), by: context)
            let holder = read { $0.identity(named: .user(moved.key.name), in: user.key.account) }
            guard holder == nil || holder?.id == user.uniqueID else {
                throw .nameIsTaken(.user(moved.key.name))
            }
            guard moved.arn != user.arn else { return }
            try await commit(
                [.removeIdentity(user.key), .saveIdentity(moved)] + belongings(of: user, movedTo: moved), by: context)
        }
    }

    /// Access keys and devices name their owner.
    private func belongings(of user: Identity, movedTo moved: Identity) async throws(KMSError) -> [MetadataChange] {
        let (keys, devices) = read { table in
            (table.accessKeys(of: user.uniqueID), table.devices(ofUser: user.key.name, in: user.key.account))
        }
        let principal = Principal(account: moved.key.account, arn: moved.arn)
        var changes: [MetadataChange] = []
        for key in keys { changes.append(.saveAccessKey(try await vault.move(key, to: principal))) }
        for var device in devices {
            device.user = moved.key.name
            changes.append(.saveMultiFactorDevice(device))
        }
        return changes
    }

    package func deleteUser(_ name: String, by context: CallContext) async throws(KMSError) {
        try await changes.run { () async throws(KMSError) in
            let user = try find(.user(name), for: "iam:DeleteUser", by: context).identity
            let (keys, devices) = read { table in
                (table.accessKeys(of: user.uniqueID), table.devices(ofUser: name, in: user.key.account))
            }
            if !keys.isEmpty { throw .deleteConflict("delete access keys") }
            if !devices.isEmpty { throw .deleteConflict("deactivate and delete the MFA device") }
            try await remove(user, by: context)
        }
    }
}

/// What holds for users and roles.
extension IdentityStore {
    /// - Parameter complete: Does what may be done, and told of, when the call is allowed.
    func add(
        _ identity: Identity, _ tags: [Tag], quota: (name: String, count: Int), by context: CallContext,
        complete: (inout Identity) throws(KMSError) -> Void = { _ in }
    ) async throws(KMSError) -> Identity {
        let name = IdentityName(identity.key.kind, identity.key.name)
        let account = identity.key.account
        return try await changes.run { () async throws(KMSError) in
            let conditions = [ConditionKey: ConditionValues].tags(tags)
            try authorize(
                name.action("Create"), on: .arn(identity.arn), by: context,
                with: conditions.adding(.boundary(identity.permissionsBoundary)))
            if !tags.isEmpty {
                try authorize(name.action("Tag"), on: .arn(identity.arn), by: context, with: conditions)
            }
            try checkBoundary(identity.permissionsBoundary, in: account)
            let (holder, count) = read { table in
                (table.identity(named: name, in: account), table.identities(name.kind, of: account).count)
            }
            guard holder == nil else { throw .nameIsTaken(name) }
            guard count < quota.count else { throw .quota(quota.name, quota.count) }
            var identity = identity
            try complete(&identity)
            context.draft.note(response: name.kind == .user ? .user(identity) : .role(identity))
            try await commit([.saveIdentity(identity)], by: context)
            return identity
        }
    }

    /// Its sessions end with it. To be called inside of a change.
    func remove(_ identity: Identity, by context: CallContext) async throws(KMSError) {
        guard identity.inlinePolicies.isEmpty else { throw .deleteConflict("delete policies") }
        guard identity.attachedPolicies.isEmpty else { throw .deleteConflict("detach all policies") }
        try await commit([.removeIdentity(identity.key)], by: context)
    }

    func list(
        _ kind: Identity.Kind, for action: String, _ pathPrefix: String, _ page: PageRequest,
        by context: CallContext
    ) throws(KMSError) -> Page<Identity> {
        try IAMName.check(pathPrefix: pathPrefix)
        try IAMName.check(limit: page)
        let account = context.principal.account
        try authorize(action, on: .arn("arn:aws:iam::\(account):\(kind.rawValue)\(pathPrefix)"), by: context)
        let all = read { $0.identities(kind, of: account) }.filter { $0.path.hasPrefix(pathPrefix) }
            .sorted { $0.key.name < $1.key.name }
        return try Page(of: all, page, list: action, defaultLimit: 100) { $0.key.name }
    }
}

extension KMSError {
    static func nameIsTaken(_ name: IdentityName) -> KMSError {
        KMSError(.alreadyExists, "\(name.kind == .user ? "User" : "Role") with name \(name.name) already exists.")
    }

    static func deleteConflict(_ remedy: String) -> KMSError {
        KMSError(.deleteConflict, "Cannot delete entity, must \(remedy) first.")
    }
}
