import Synchronization

// A key as it is shown, with what is known of its custom key store, or of its set where it is a multi-Region key.
extension KeyStore {
    /// The state as it is shown: a key whose key store is not connected is Unavailable, one of a set whose primary changes
    /// is Updating.
    func state(of entry: KeyEntry) -> KeyState {
        let state = entry.state(at: clock.now)
        if let id = entry.key.customKeyStore, state == .enabled, case .disconnected = customKeyStores.reach(id) {
            return .unavailable
        }
        if entry.key.address.id.isMultiRegion, state == .enabled || state == .disabled,
            updating.withLock({ $0.contains(entry.key.address) })
        {
            return .updating
        }
        return state
    }

    /// Throws unless the key may be used for the action in the state that it is in.
    func checkState(of entry: KeyEntry, for action: KMSAction) throws(KMSError) {
        let state = state(of: entry)
        // A disabled key is no more to be used while it is updated.
        try action.check(state == .updating && entry.key.state == .disabled ? .disabled : state, of: entry.arn)
        guard let id = entry.key.customKeyStore, action.isCryptographic else { return }
        _ = try means(of: id, for: entry.arn)
        try quotas.spend(in: id)
    }

    func description(of key: Key, in state: KeyState) -> KeyDescription {
        var description = KeyDescription(key: key, state: state, multiRegion: configuration(of: key))
        if let id = key.customKeyStore, case .cloudHSM(let backing)? = customKeyStores[id]?.backing {
            description.clusterID = backing.clusterID
        }
        return description
    }
}
