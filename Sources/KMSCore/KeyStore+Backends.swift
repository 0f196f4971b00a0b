import Synchronization

// Which token has a key's material: the one place that answers it.
extension KeyStore {
    /// What the key's material is used through: the token of its Region, or else the server's own.
    func backend(of entry: KeyEntry) throws(KMSError) -> any KeyBackend { try backend(of: entry.key) }

    /// The same of a key that requests do not see yet, or any more.
    func backend(of key: Key) throws(KMSError) -> any KeyBackend { backend(in: place(of: key.address)) }

    /// The same of all keys in a place.
    func backend(in place: KeyPlace) -> any KeyBackend {
        switch place {
        case .own: backend
        case .regional(let name): regions.backend(name) ?? backend
        }
    }

    func place(of address: KeyAddress) -> KeyPlace { regions.place(of: address.scope.region) }

    func entries(in place: KeyPlace) -> [KeyEntry] {
        table.withLock { $0.allKeys }.filter { self.place(of: $0.key.address) == place }
    }

    func gates(of place: KeyPlace) -> PlaceGates { gates[place] ?? ownGates }

    /// The gate of ``PlaceGates/materialWork`` where a key's material is.
    func materialWork(on address: KeyAddress) -> SerialGate { gates(of: place(of: address)).materialWork }
}

/// What is done one at a time in each place. A token that hangs keeps nobody else waiting.
struct PlaceGates: Sendable {
    /// One rotation, import or destruction of material at a time: whoever holds it finds no intent but its own, or one
    /// that was left behind.
    let materialWork = SerialGate()
    /// One round of destruction at a time.
    let dueWork = SerialGate()
}
