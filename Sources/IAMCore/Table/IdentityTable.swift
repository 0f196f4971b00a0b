import KMSCore
import KMSPolicy
import SigV4

/// All that is known of identities, in memory. It changes by the same changes as the metadata store, after them.
struct IdentityTable: Sendable {
    /// A name as it is told apart from others: in any case.
    private struct Name: Hashable {
        let account: AccountID
        let kind: String
        let name: String

        init(_ account: AccountID, _ kind: String, _ name: String) {
            self.account = account
            self.kind = kind
            self.name = name.lowercased()
        }

        init(_ key: Identity.Key) { self.init(key.account, key.kind.rawValue, key.name) }

        init(_ policy: ManagedPolicy) { self.init(policy.account, "policy", policy.name) }
    }

    /// An access key, and whose it is.
    struct OwnedKey: Sendable {
        let key: AccessKey
        /// A unique id, or the account's id for its root; nil for a principal that is not there.
        let owner: String?
    }

    private static let builtIn = BuiltInPolicies.all.map { PolicyEntry($0) }

    private(set) var accounts: [AccountID: Account] = [:]
    /// By unique id.
    private(set) var identities: [String: IdentityEntry] = [:]
    private var names: [Name: String] = [:]
    /// By ARN.
    private(set) var policies = Dictionary(uniqueKeysWithValues: builtIn.map { ($0.arn, $0) })
    private var policyNames: [Name: String] = [:]
    private(set) var accessKeys: [String: OwnedKey] = [:]
    /// By serial number.
    private(set) var devices: [String: MFADevice] = [:]
    private(set) var sessions: [String: SessionEntry] = [:]
    /// How many sessions each identity has.
    private var sessionCounts: [String: Int] = [:]
    private var accountSessionCounts: [AccountID: Int] = [:]
    /// What requests are signed with, of access keys that are active and of sessions.
    private(set) var credentials: [String: SigningCredential] = [:]
    /// Callers that were put together since something of them changed, by access key id.
    private(set) var callers: [String: ReadyCaller] = [:]
    /// The access key ids of those, by their owners.
    private var readyKeys: [String: Set<String>] = [:]
    var uses: [String: AccessKeyUse.Last] = [:]

    // MARK: Questions

    /// By its name, in the case in which it was given.
    func identity(_ name: IdentityName, in account: AccountID) -> IdentityEntry? {
        guard let entry = identity(named: name, in: account), entry.identity.key.name == name.name else { return nil }
        return entry
    }

    /// By its name in any case.
    func identity(named name: IdentityName, in account: AccountID) -> IdentityEntry? {
        names[Name(account, name.kind.rawValue, name.name)].flatMap { identities[$0] }
    }

    /// In no order: they can be many, and everybody waits for the table.
    func identities(_ kind: Identity.Kind, of account: AccountID) -> [Identity] {
        identities.values.lazy.map(\.identity).filter { $0.key.account == account && $0.key.kind == kind }
    }

    func hasPolicy(named name: String, in account: AccountID) -> Bool {
        policyNames[Name(account, "policy", name)] != nil
    }

    func policies(of account: AccountID) -> [PolicyEntry] {
        policies.values.filter { $0.policy?.account == account }
    }

    var builtInPolicies: [PolicyEntry] { Self.builtIn }

    /// By their ids.
    func accessKeys(of owner: String) -> [AccessKey] {
        accessKeys.values.filter { $0.owner == owner }.map(\.key).sorted { $0.id < $1.id }
    }

    /// By their serial numbers.
    func devices(of account: AccountID) -> [MFADevice] {
        devices.values.filter { $0.account == account }.sorted { $0.serialNumber < $1.serialNumber }
    }

    func devices(ofUser name: String, in account: AccountID) -> [MFADevice] {
        devices(of: account).filter { $0.user == name }
    }

    func sessionCount(of issuer: String) -> Int { sessionCounts[issuer, default: 0] }

    func sessionCount(in account: AccountID) -> Int { accountSessionCounts[account, default: 0] }

    /// The unique id of a principal that has long-term credentials, or the id of the account whose root it is.
    func owner(of principal: Principal) -> String? {
        let account = principal.account
        if principal.arn == account.rootARN { return account.description }
        let entry: IdentityEntry?
        if case .identity(let name, _) = PrincipalARN(principal.arn) {
            entry = identity(name, in: account)
        } else {
            entry = identity(IdentityName(.service, principal.arn), in: account)
        }
        return entry.flatMap { $0.identity.arn == principal.arn ? $0.id : nil }
    }

    // MARK: Changes

    /// Does to the table what was done to the store. What it does not keep passes it by.
    mutating func apply(_ change: MetadataChange) {
        switch change {
        case .saveAccount(let account):
            accounts[account.id] = account
        case .saveIdentity(let identity):
            forgetCallers(of: identity.uniqueID)
            identities[identity.uniqueID] = IdentityEntry(identity)
            names[Name(identity.key)] = identity.uniqueID
        case .removeIdentity(let key):
            guard let id = names.removeValue(forKey: Name(key)) else { break }
            forgetCallers(of: id)
            identities[id] = nil
        case .saveManagedPolicy(let policy):
            policies[policy.arn] = PolicyEntry(policy)
            policyNames[Name(policy)] = policy.arn
            forgetCallers(using: policy.arn)
        case .removeManagedPolicy(let arn):
            if let policy = policies.removeValue(forKey: arn)?.policy { policyNames[Name(policy)] = nil }
            forgetCallers(using: arn)
        case .saveAccessKey(let key):
            forgetCaller(key.id)
            accessKeys[key.id] = OwnedKey(key: key, owner: owner(of: key.principal))
            if !key.isActive { credentials[key.id] = nil }
        case .removeAccessKey(let id):
            forgetCaller(id)
            accessKeys[id] = nil
            credentials[id] = nil
            uses[id] = nil
        case .saveMultiFactorDevice(let device):
            devices[device.serialNumber] = device
        case .removeMultiFactorDevice(let serialNumber):
            devices[serialNumber] = nil
        case .saveSession(let session):
            if sessions.updateValue(SessionEntry(session), forKey: session.id) == nil {
                sessionCounts[session.issuerID, default: 0] += 1
                accountSessionCounts[session.account, default: 0] += 1
            }
        case .removeSessions(let ids):
            for id in ids { removeSession(id) }
        default:
            break
        }
    }

    /// Lets an access key or session be used that the table has.
    mutating func open(_ credential: SigningCredential) {
        forgetCaller(credential.accessKeyID)
        credentials[credential.accessKeyID] = credential
    }

    mutating func keep(_ caller: ReadyCaller, of owner: String, as id: String) {
        callers[id] = caller
        readyKeys[owner, default: []].insert(id)
    }

    /// To be called while it is still known whose access key or session it is.
    private mutating func forgetCaller(_ id: String) {
        callers[id] = nil
        guard let owner = accessKeys[id]?.owner ?? sessions[id]?.session.issuerID else { return }
        readyKeys[owner]?.remove(id)
    }

    private mutating func forgetCallers(of owner: String) {
        for id in readyKeys.removeValue(forKey: owner) ?? [] { callers[id] = nil }
    }

    private mutating func forgetCallers(using policyARN: String) {
        for (id, entry) in identities where entry.uses(policyARN) { forgetCallers(of: id) }
    }

    private mutating func removeSession(_ id: String) {
        forgetCaller(id)
        credentials[id] = nil
        guard let session = sessions.removeValue(forKey: id)?.session else { return }
        let count = sessionCount(of: session.issuerID) - 1
        sessionCounts[session.issuerID] = count > 0 ? count : nil
        accountSessionCounts[session.account, default: 0] -= 1
    }
}

/// A caller that is put together.
struct ReadyCaller: Sendable {
    let caller: AuthenticatedCaller
    /// Nil for long-term credentials.
    let expirationDate: Timestamp?
}

/// Temporary credentials with their policies made ready to be asked.
struct SessionEntry: Sendable {
    let session: Session
    /// Nil if the session has no policy of its own.
    let policies: [CompiledPolicy]?

    init(_ session: Session) {
        self.session = session
        policies =
            session.policies.isEmpty
            ? nil : session.policies.map { CompiledPolicy(stored: $0, source: .sessionPolicy) }
    }
}
