package import KMSCore
import SigV4
import Synchronization

/// The use cases of IAM and STS: what the query protocol and the server's own commands call.
///
/// All metadata is in memory; a change is in the ``MetadataStore``, with the record of the call that made it, before it
/// is seen. Every use case decides on the call by its caller's policies before it tells whether anything is there.
package final class IdentityStore: Sendable {
    let vault: CredentialVault
    let journal: Journal
    let clock: any KMSClock
    let limits: IdentityLimits
    /// The account whose callers may deal with accounts and services; nil for the one that was made first.
    let operatorAccount: AccountID?
    /// One change of metadata at a time.
    let changes = SerialGate()
    let table = Mutex(IdentityTable())
    let attempts: CodeAttempts

    package init(
        backend: any KeyBackend, journal: Journal, metadata: any MetadataStore, clock: any KMSClock,
        limits: IdentityLimits = .standard, operatorAccount: AccountID? = nil
    ) {
        vault = CredentialVault(backend: backend, metadata: metadata)
        self.journal = journal
        self.clock = clock
        self.limits = limits
        self.operatorAccount = operatorAccount
        attempts = CodeAttempts(clock: clock)
    }

    /// Takes in what is stored, and opens the secrets of access keys and sessions. To be called once, before any
    /// request; where anything is to be opened the token has to be there.
    package func start(_ image: MetadataImage) async throws(KMSError) {
        vault.start(image)
        let now = clock.now
        let accessKeys = image.accessKeys.filter(\.isActive)
        let sessions = image.sessions.filter { $0.expirationDate > now }
        let opened = try await vault.credentials(of: accessKeys, sessions)
        table.withLock { table in
            for change in image.identityChanges { table.apply(change) }
            for credential in opened { table.open(credential) }
        }
    }

    /// Makes a change, with the call's record, and shows it.
    func commit(
        _ changes: [MetadataChange], opening credential: SigningCredential? = nil, by context: CallContext
    ) async throws(KMSError) {
        try await journal.commit(changes, by: context)
        show(changes, credential)
    }

    /// Makes a change that is no call's own, or not yet the whole of it, and shows it.
    func prepare(_ changes: [MetadataChange]) async throws(KMSError) {
        try await journal.prepare(changes)
        show(changes, nil)
    }

    func read<T: Sendable>(_ body: (IdentityTable) -> T) -> T {
        table.withLock { body($0) }
    }

    private func show(_ changes: [MetadataChange], _ credential: SigningCredential?) {
        table.withLock { table in
            for change in changes { table.apply(change) }
            if let credential { table.open(credential) }
        }
    }
}

extension MetadataImage {
    /// The changes that make an empty table show what is stored.
    var identityChanges: [MetadataChange] {
        accounts.map { .saveAccount($0) } + managedPolicies.map { .saveManagedPolicy($0) }
            + identities.map { .saveIdentity($0) } + accessKeys.map { .saveAccessKey($0) }
            + multiFactorDevices.map { .saveMultiFactorDevice($0) } + sessions.map { .saveSession($0) }
    }
}
