package import KMSCore
import KMSPolicy
import Synchronization

extension IdentityStore: PrincipalDirectory {
    /// The caller whose access key this is: nil for one that is unknown, inactive or expired. Asked on every request:
    /// it waits for nothing.
    package func caller(withAccessKey id: String) -> AuthenticatedCaller? {
        table.withLock { $0.caller(withAccessKey: id) { clock.now } }
    }

    /// Whether this is the access key of a session that was, and has come to its end.
    package func isExpired(accessKey id: String) -> Bool {
        let now = clock.now
        return read { table in table.sessions[id].map { $0.session.expirationDate <= now } ?? false }
    }

    /// Notes that a request was signed with the access key. In memory alone.
    package func noteUse(of accessKeyID: String, service: String, region: Region) {
        let use = AccessKeyUse.Last(date: clock.now, service: service, region: region)
        table.withLock { table in
            if table.accessKeys[accessKeyID] != nil { table.uses[accessKeyID] = use }
        }
    }

    package func look(up principal: String) -> PrincipalLookup {
        read { table in
            switch PrincipalARN(principal) {
            case .root(let account):
                return table.accounts[account] == nil ? .unknown : .account
            case .identity(let name, let account):
                guard let identity = table.identity(name, in: account)?.identity, identity.arn == principal else {
                    return .unknown
                }
                return .identity(uniqueID: identity.uniqueID)
            case .roleSession(let role, _, let account):
                return table.identity(.role(role), in: account).map { .identity(uniqueID: $0.id) } ?? .unknown
            case nil:
                return table.identities[principal] == nil ? .unknown : .identity(uniqueID: principal)
            }
        }
    }

    /// The caller that the principal would be: a user, a role or one of its sessions, an account's root, a service.
    /// Without authorization: for the server's own commands, and for who has asked for it already.
    package func caller(asIf principal: String) throws(KMSError) -> CallerIdentity {
        let now = clock.now
        guard let caller = read({ $0.caller(asIf: principal, at: now) }) else { throw .noSuchCaller(principal) }
        return caller
    }
}

extension KMSError {
    static func noSuchCaller(_ principal: String) -> KMSError {
        KMSError(
            .notFound,
            "\(principal) is no account, user, role, session or service of this server; name one by its ARN.")
    }
}

extension IdentityTable {
    /// The caller that the principal would be; nil for one that is not there.
    func caller(asIf principal: String, at now: Timestamp) -> CallerIdentity? {
        switch PrincipalARN(principal) {
        case .root(let account):
            return accounts[account] == nil ? nil : .root(of: account)
        case .identity(let name, let account):
            guard let entry = identity(name, in: account), entry.identity.arn == principal else { return nil }
            return caller(as: entry, "", name.kind == .role ? .supposed(entry, "simulation", now) : nil)
        case .roleSession(let role, let session, let account):
            guard let entry = identity(.role(role), in: account) else { return nil }
            let live = newestSession(of: entry.id, arn: principal, at: now)
            return caller(as: entry, "", live ?? .supposed(entry, session, now))
        case nil:
            let entry = identities.values.first {
                $0.id == principal || $0.identity.key.kind == .service && $0.identity.key.name == principal
            }
            guard let entry else { return nil }
            let isRole = entry.identity.key.kind == .role
            return caller(as: entry, "", isRole ? .supposed(entry, "simulation", now) : nil)
        }
    }

    /// The last session of a role that was given this ARN, if it has not expired.
    func newestSession(of role: String, arn: String, at now: Timestamp) -> SessionEntry? {
        sessions.values.filter {
            $0.session.issuerID == role && $0.session.kind == .role && $0.session.arn == arn
                && $0.session.expirationDate > now
        }.max { ($0.session.creationDate, $0.session.id) < ($1.session.creationDate, $1.session.id) }
    }
}

extension SessionEntry {
    /// A session of a role that nobody has.
    fileprivate static func supposed(_ role: IdentityEntry, _ name: String, _ now: Timestamp) -> SessionEntry? {
        // Only its name and times are asked for.
        guard let nothing = SealedBytes(Array(repeating: 0, count: SealedBytes.minimumSize)) else { return nil }
        return SessionEntry(
            Session(
                id: "", kind: .role, account: role.identity.key.account, issuerID: role.id,
                arn: role.identity.sessionARN(name), name: name, sealedSecret: nothing, creationDate: now,
                expirationDate: Timestamp(milliseconds: now.milliseconds + 3_600_000), requester: ""))
    }
}

extension Identity {
    /// `arn:aws:sts::A:assumed-role/R/S`
    func sessionARN(_ name: String) -> String {
        "arn:aws:sts::\(key.account):assumed-role/\(key.name)/\(name)"
    }
}
