package import KMSCore
package import KMSPolicy
package import SigV4
import Synchronization

/// A store as requests see it: what is worked out once so that no request has to.
package final class XKSStoreEntry: Sendable {
    package let store: XKSStore
    /// Nil for a store that trusts the key policies of AWS KMS.
    package let policy: CompiledPolicy?
    private let quota: PrefixQuota

    /// `former` is the same store before it was changed: what it has used of its quota stays used.
    init(_ store: XKSStore, replacing former: XKSStoreEntry? = nil) {
        self.store = store
        quota = former?.quota ?? PrefixQuota()
        policy = store.policy.map { text in
            // One that cannot be read any more allows nothing.
            let document = try? PolicyDocument(parsing: text, as: .key)
            let nothing = PolicyDocument(kind: .key, version: .v2012, hasVersion: true, id: nil, statements: [])
            return CompiledPolicy(document ?? nothing, source: .proxyPolicy)
        }
    }

    /// Counts a request. Throws `throttled` if the quota is used up: it is then not counted.
    package func spend(at now: Timestamp) throws(KMSError) {
        guard quota.take(store.requestsPerSecond, now) else {
            throw KMSError(
                .throttled,
                "The store takes \(store.requestsPerSecond) requests a second. Reduce the frequency of your calls.")
        }
    }
}

/// How much of its quota a store has used: a bucket that refills.
private final class PrefixQuota: Sendable {
    private let bucket = Mutex(RateBucket.full)

    func take(_ rate: Int, _ now: Timestamp) -> Bool {
        guard rate > 0 else { return true }
        return bucket.withLock { RateBucket.take(from: &$0, refilledAt: Int64(rate), now: now.milliseconds) }
    }
}

/// Who signed a request to the proxy.
package struct XKSCaller: Sendable {
    package let store: XKSStoreEntry
    package let credential: SigningCredential
    /// What records name as the caller: AWS KMS, by this credential.
    package let identity: CallerIdentity
}

/// All stores and credentials, in memory.
struct XKSTable {
    private struct Credential {
        let stored: XKSCredential
        let signing: SigningCredential
        let identity: CallerIdentity
    }

    private(set) var stores: [String: XKSStoreEntry] = [:]
    private var credentials: [String: Credential] = [:]

    func caller(withAccessKey id: String) -> XKSCaller? {
        guard let credential = credentials[id], let store = stores[credential.stored.prefix] else { return nil }
        return XKSCaller(store: store, credential: credential.signing, identity: credential.identity)
    }

    func credentials(of prefix: String) -> [XKSCredential] {
        credentials.values.map(\.stored).filter { $0.prefix == prefix }.sorted { $0.id < $1.id }
    }

    func credential(_ id: String) -> XKSCredential? { credentials[id]?.stored }

    mutating func save(_ store: XKSStore) {
        stores[store.prefix] = XKSStoreEntry(store, replacing: stores[store.prefix])
    }

    mutating func remove(_ prefix: String) {
        stores[prefix] = nil
        credentials = credentials.filter { $0.value.stored.prefix != prefix }
    }

    /// To be called when its store is there.
    mutating func save(_ credential: XKSCredential, _ signing: SigningCredential) {
        guard let store = stores[credential.prefix]?.store else { return }
        credentials[credential.id] = Credential(
            stored: credential, signing: signing, identity: .proxyCaller(credential.id, of: store))
    }

    mutating func removeCredential(_ id: String) {
        credentials[id] = nil
    }
}

extension CallerIdentity {
    /// AWS KMS, which signs with a store's credential. Who asked AWS KMS is in the request's metadata.
    fileprivate static func proxyCaller(_ accessKeyID: String, of store: XKSStore) -> CallerIdentity {
        let account = store.scope.account
        return CallerIdentity(
            principal: Principal(account: account, arn: store.arn),
            policyCaller: PolicyCaller(
                kind: .service("cks.kms.amazonaws.com"), account: account.description, arn: store.arn,
                userID: accessKeyID),
            policies: CallerPolicies(), accessKeyID: accessKeyID)
    }
}
