import Synchronization

// The rotation of a multi-Region key with replicas. The primary's token makes the material; it is stored as pending, for
// the primary and all replicas, in one change. Then it is moved to every replica, and becomes current when each of them
// has been tried: in all Regions that have it, at once. A Region whose token does not answer goes on with the former
// material, which all have, and follows when it has the new one. Until then it cannot decrypt what others encrypt with
// it, but without its token it could decrypt nothing.
extension KeyStore {
    /// Gives a replica its part of new material that its primary has just got. To be called within the change.
    func giveNewMaterial(of primary: Key, _ number: UInt32, to replica: inout Key) {
        guard let material = primary.material(number), replica.material(number) == nil else { return }
        let new = material.replica(imported: false)
        unmade.withLock { _ = $0.insert(new.reference.object) }
        replica.materials.append(new)
        replica.rotation = primary.rotation
    }

    /// Goes on with the rotations of primaries whose new material is on its way to their replicas.
    func spreadRotations(in place: KeyPlace) async throws(KMSError) {
        let pending = entries(in: place).filter { $0.key.spreadingMaterial != nil }.map(\.key.address)
        try await forEach(pending, of: { $0 }) { address async throws(KMSError) in
            try await spreadRotation(of: address)
        }
    }

    /// Moves new material to all replicas, and lets it be current.
    func spreadRotation(of address: KeyAddress) async throws(KMSError) {
        guard table.withLock({ $0.key(address) })?.key.spreadingMaterial != nil else { return }
        let replicas = siblings(of: address).filter(\.key.awaitsMaterial).map(\.key.address)
        await withTaskGroup(of: Void.self) { group in
            // What one replica lacks is brought to it later: a round of due work tells of it.
            for replica in replicas { group.addTask { try? await self.bringMaterial(to: replica) } }
        }
        try await completeRotation(of: address)
    }

    private func completeRotation(of address: KeyAddress) async throws(KMSError) {
        guard let new = table.withLock({ $0.key(address) })?.key.spreadingMaterial, let rotation = new.rotation else {
            return
        }
        let told = KeyStoreEvent.keyRotated(address, number: new.number, rotation.kind)
        let occasion = Occasion.rotation(of: address, to: new, rotation.kind, at: clock.now, [told])
        var isDone = false
        try await changeSet(address, on: occasion) { key, siblings throws(KMSError) in
            guard key.material(new.number)?.isPendingRotation == true else { return }
            try key.makeCurrent(new.number, rotation)
            for index in siblings.indices { try siblings[index].follow(key) }
            isDone = true
        }
        if isDone { events.record(told) }
    }

    /// When the rotation on demand that is under way began.
    func rotationStart(of key: Key) -> Timestamp? {
        if let start = rotating.withLock({ $0[key.address] }) { return start }
        let rotation = key.materials.first { $0.isPendingRotation && $0.rotation != nil }?.rotation
        return rotation?.kind == .onDemand ? rotation?.date : nil
    }
}

extension Key {
    /// Of a primary, the new material that is not current yet.
    var spreadingMaterial: KeyMaterial? {
        guard isPrimary, origin == .awsKMS else { return nil }
        return materials.first { $0.isPendingRotation && $0.stage == .present }
    }
}
