import Synchronization

/// The use cases of a KMS: what every front end calls, whatever its wire looks like.
///
/// All metadata is in memory; a change is in the ``MetadataStore`` before it is seen. Use cases that touch the token
/// follow intent, token, commit: see ``createKey(_:by:)`` and ``performDueWork()``.
package final class KeyStore: Sendable {
    /// The server's own token. Keys may be elsewhere: see ``backend(of:)``.
    let backend: any KeyBackend
    let customKeyStoreConnector: any KeyStoreConnector
    let customKeyStores = CustomKeyStores()
    let regions: Regions
    let journal: Journal
    let principals: any PrincipalDirectory
    let quotas: RequestQuotas
    let events: any KeyStoreEventSink
    let clock: any KMSClock

    /// One change of metadata at a time.
    let changes = SerialGate()
    let gates = Mutex<[KeyPlace: PlaceGates]>([:])
    /// One AWS managed key is made at a time.
    let managedKeyCreation = SerialGate()
    let table = Mutex(KeyTable())
    /// Creations that a crash or a fault left half done: the token may hold an object that no key names.
    let abandoned = Mutex<[Key]>([])
    /// The server's own keys, which are as live as any.
    let systemKeys = Mutex<[SystemKeyPurpose: MaterialReference]>([:])
    let wrappingKeys = Mutex(WrappingKeys())
    /// Made before the start, by `strongroom trust-regions`.
    let trustedWrappingKeys = Mutex<[Region: WrappingKeyPair]>([:])
    /// Keys that are being rotated on demand, and since when.
    let rotating = Mutex<[KeyAddress: Timestamp]>([:])
    /// Multi-Region keys of which one is becoming the primary, and another one ceases to be it.
    let updating = Mutex<Set<KeyAddress>>([])
    /// Objects that were given ids for material on its way from another Region's token, and that nobody has tried to
    /// make: nothing is in the way.
    let unmade = Mutex<Set<ObjectID>>([])

    package init(
        backend: any KeyBackend, journal: Journal, principals: any PrincipalDirectory, quotas: RequestQuotas,
        events: any KeyStoreEventSink, regions: Regions = .any,
        customKeyStores connector: any KeyStoreConnector = NoKeyStores()
    ) {
        self.backend = backend
        self.regions = regions
        customKeyStoreConnector = connector
        self.journal = journal
        self.principals = principals
        self.quotas = quotas
        self.events = events
        clock = journal.clock
    }

    /// Takes all metadata. To be called once, before any request; the token need not be there yet.
    package func start(_ image: MetadataImage) {
        var entries: [KeyEntry] = []
        for key in image.keys where key.lifecycle != .creating {
            guard let entry = KeyEntry(key, in: backend, lastUsage: image.lastUsages[key.address]) else {
                events.record(.keyNotUnderstood(key.address))
                continue
            }
            if !entry.isPolicyUnderstood { events.record(.policyNotUnderstood(key.address)) }
            entries.append(entry)
        }
        customKeyStores.load(image.customKeyStores)
        let loaded = KeyTable(entries, image)
        table.withLock { $0 = loaded }
        abandoned.withLock { $0 = image.keys.filter { $0.lifecycle == .creating } }
        wrappingKeys.withLock { $0 = WrappingKeys(image.wrappingKeys) }
        trustedWrappingKeys.withLock { $0 = image.trustedWrappingKeys }
        // One without a check value was never made.
        systemKeys.withLock { $0 = image.systemKeys.filter { !$0.value.checkValue.isEmpty } }
    }

    /// Gives reservations that were not used back, writes what is only in memory, and ends what custom key stores are
    /// reached by. To be called once, after the last request.
    package func stop() async throws(KMSError) {
        await endConnections()
        try await perform([settleEncryptions, writeLastUsages])
    }

    private func settleEncryptions() async throws(KMSError) {
        let settled = table.withLock { $0.allKeys }.flatMap { entry in
            entry.allMaterials.filter { $0.budget.spent < $0.budget.covered }.map { material in
                MetadataChange.settleEncryptions(
                    entry.key.address, material: material.number, total: material.budget.spent
                )
            }
        }
        if !settled.isEmpty { try await journal.prepare(settled) }
    }

    /// Throws unless a request that needs the server's own token could be served now.
    package func checkHealth() async throws(KMSError) {
        try await backend.checkHealth()
    }
}
