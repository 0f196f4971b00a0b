package import KMSCore

/// Services: identities of an account that may say for whom they call. Where the account is nil it is the caller's.
extension IdentityStore {
    /// - Parameter name: As in `ec2.amazonaws.com`.
    package func createService(
        _ name: String, in account: AccountID? = nil, by context: CallContext
    ) async throws(KMSError) -> Identity {
        try Self.check(serviceName: name)
        let account = account ?? context.principal.account
        return try await changes.run { () async throws(KMSError) in
            try authorizeOperator("CreateService", on: Self.resource(name), by: context)
            let (isThere, isTaken) = read { table in
                (
                    table.accounts[account] != nil,
                    table.identity(named: IdentityName(.service, name), in: account) != nil
                )
            }
            guard isThere else { throw .noSuch("account", account.description) }
            guard !isTaken else { throw KMSError(.alreadyExists, "Service with name \(name) already exists.") }
            let service = Identity(
                key: Identity.Key(account: account, kind: .service, name: name),
                uniqueID: UniqueID.new(.service), creationDate: clock.now)
            try await commit([.saveIdentity(service)], by: context)
            return service
        }
    }

    package func listServices(
        of account: AccountID? = nil, _ page: PageRequest, by context: CallContext
    ) throws(KMSError) -> Page<Identity> {
        try IAMName.check(limit: page)
        try authorizeOperator("ListServices", on: "service/*", by: context)
        let services = read { $0.identities(.service, of: account ?? context.principal.account) }
            .sorted { $0.key.name < $1.key.name }
        return try Page(of: services, page, list: "ListServices", defaultLimit: 100) { $0.key.name }
    }

    /// Its access keys go with it, and so does what it does for others.
    package func deleteService(
        _ name: String, of account: AccountID? = nil, by context: CallContext
    ) async throws(KMSError) {
        try await changes.run { () async throws(KMSError) in
            let service = try service(name, of: account, for: "DeleteService", by: context)
            let keys = read { $0.accessKeys(of: service.uniqueID) }
            let sessions = read { $0.sessions.values.map(\.session) }.filter {
                $0.account == service.key.account && $0.viaService == name
            }
            try await commit(
                keys.map { .removeAccessKey(id: $0.id) } + [.removeSessions(ids: sessions.map(\.id))]
                    + [.removeIdentity(service.key)], by: context)
        }
    }

    // MARK: Access keys

    /// Its secret is told this once.
    package func createAccessKey(
        ofService name: String, of account: AccountID? = nil, by context: CallContext
    ) async throws(KMSError) -> IssuedAccessKey {
        let service = try service(name, of: account, for: "CreateServiceAccessKey", by: context)
        return try await issueAccessKey(to: KeyOwner(service), by: context)
    }

    package func listAccessKeys(
        ofService name: String, of account: AccountID? = nil, _ page: PageRequest, by context: CallContext
    ) throws(KMSError) -> Page<AccessKeyDescription> {
        try IAMName.check(limit: page)
        let service = try service(name, of: account, for: "ListServiceAccessKeys", by: context)
        let keys = read { $0.accessKeys(of: service.uniqueID) }.map {
            AccessKeyDescription(id: $0.id, userName: nil, isActive: $0.isActive, creationDate: $0.creationDate)
        }
        return try Page(of: keys, page, list: "ListServiceAccessKeys", defaultLimit: 100) { $0.id }
    }

    package func updateAccessKey(
        _ id: String, ofService name: String, of account: AccountID? = nil, isActive: Bool, by context: CallContext
    ) async throws(KMSError) {
        try await changes.run { () async throws(KMSError) in
            let service = try service(name, of: account, for: "UpdateServiceAccessKey", by: context)
            var key = try accessKey(id, of: service)
            guard key.isActive != isActive else { return }
            key.isActive = isActive
            let credential = isActive ? try await vault.credential(of: key) : nil
            try await commit([.saveAccessKey(key)], opening: credential, by: context)
        }
    }

    package func deleteAccessKey(
        _ id: String, ofService name: String, of account: AccountID? = nil, by context: CallContext
    ) async throws(KMSError) {
        try await changes.run { () async throws(KMSError) in
            let service = try service(name, of: account, for: "DeleteServiceAccessKey", by: context)
            _ = try accessKey(id, of: service)
            try await commit([.removeAccessKey(id: id)], by: context)
        }
    }

    // MARK: Names

    private static func resource(_ name: String) -> String { "service/\(name)" }

    private func service(
        _ name: String, of account: AccountID?, for action: String, by context: CallContext
    ) throws(KMSError) -> Identity {
        try Self.check(serviceName: name)
        try authorizeOperator(action, on: Self.resource(name), by: context)
        let account = account ?? context.principal.account
        guard let entry = read({ $0.identity(IdentityName(.service, name), in: account) }) else {
            throw .noSuch("service", name)
        }
        return entry.identity
    }

    private func accessKey(_ id: String, of service: Identity) throws(KMSError) -> AccessKey {
        guard let owned = read({ $0.accessKeys[id] }), owned.owner == service.uniqueID else {
            throw .noSuchAccessKey(id)
        }
        return owned.key
    }

    /// Names of hosts: letters in lower case, digits, hyphens, and points between.
    private static func check(serviceName name: String) throws(KMSError) {
        let labels = name.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard name.utf8.count <= 128, labels.count >= 2,
            labels.allSatisfy({ label in
                !label.isEmpty
                    && label.allSatisfy { byte in
                        switch byte {
                        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
                            UInt8(ascii: "-"):
                            true
                        default: false
                        }
                    }
            })
        else {
            throw KMSError(
                .validation,
                "A service's name has to be like ec2.amazonaws.com: small letters, digits and hyphens between points.")
        }
    }
}
