package import KMSCore

/// What a server's own commands alone can do: no front end offers it, so nobody is asked whether it may.
extension IdentityStore {
    /// Makes an account, or gives it another name.
    package func createAccount(_ id: AccountID, name: String) async throws(KMSError) {
        try IAMName.check(description: name)
        try await changes.run { () async throws(KMSError) in
            let known = read { $0.accounts[id] }
            var account = known ?? Account(id: id, name: name, creationDate: clock.now)
            account.name = name
            if account != known { try await prepare([.saveAccount(account)]) }
        }
    }

    /// By their ids.
    package var accounts: [Account] {
        read { $0.accounts.values.sorted { $0.id < $1.id } }
    }

    /// Makes a service of the caller's account: an identity that may say for whom it calls.
    ///
    /// - Parameter name: As in `ec2.amazonaws.com`.
    package func createService(_ name: String, by context: CallContext) async throws(KMSError) -> Identity {
        try Self.check(serviceName: name)
        let account = context.principal.account
        return try await changes.run { () async throws(KMSError) in
            guard read({ $0.identity(named: IdentityName(.service, name), in: account) }) == nil else {
                throw KMSError(.alreadyExists, "Service with name \(name) already exists.")
            }
            let service = Identity(
                key: Identity.Key(account: account, kind: .service, name: name),
                uniqueID: UniqueID.new(.service), creationDate: clock.now)
            try await commit([.saveIdentity(service)], by: context)
            return service
        }
    }

    /// Its access keys go with it, and so does what it does for others.
    package func deleteService(_ name: String, by context: CallContext) async throws(KMSError) {
        try await changes.run { () async throws(KMSError) in
            let service = try service(name, of: context.principal.account)
            let keys = read { $0.accessKeys(of: service.uniqueID) }
            let sessions = read { $0.sessions.values.map(\.session) }.filter {
                $0.account == service.key.account && $0.viaService == name
            }
            try await commit(
                keys.map { .removeAccessKey(id: $0.id) } + [.removeSessions(ids: sessions.map(\.id))]
                    + [.removeIdentity(service.key)], by: context)
        }
    }

    package func services(of account: AccountID) -> [Identity] {
        read { $0.identities(.service, of: account) }
    }

    package func accessKeys(ofService name: String, by context: CallContext) throws(KMSError) -> [AccessKey] {
        let service = try service(name, of: context.principal.account)
        return read { $0.accessKeys(of: service.uniqueID) }
    }

    package func createAccessKey(
        ofService name: String, by context: CallContext
    ) async throws(KMSError) -> IssuedAccessKey {
        let service = try service(name, of: context.principal.account)
        return try await issueAccessKey(to: KeyOwner(service), by: context)
    }

    package func deleteAccessKey(
        _ id: String, ofService name: String, by context: CallContext
    ) async throws(KMSError) {
        try await changes.run { () async throws(KMSError) in
            let service = try service(name, of: context.principal.account)
            guard read({ $0.accessKeys[id]?.owner }) == service.uniqueID else {
                throw .noSuchAccessKey(id)
            }
            try await commit([.removeAccessKey(id: id)], by: context)
        }
    }

    private func service(_ name: String, of account: AccountID) throws(KMSError) -> Identity {
        guard let entry = read({ $0.identity(IdentityName(.service, name), in: account) }) else {
            throw .noSuch("service", name)
        }
        return entry.identity
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
