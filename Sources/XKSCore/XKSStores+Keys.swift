package import KMSCore
import Synchronization

/// A key of a store, as its operator is told of it.
package struct XKSKeyDescription: Sendable {
    package let exposure: KeyExposure
    package let address: KeyAddress
    package let state: KeyState
    package let creationDate: Timestamp
}

// The keys of a store are keys of the key store: rotated, disabled and deleted there.
extension XKSStores {
    /// Where a new key's material comes from.
    package enum Material: Hashable, Sendable {
        /// The token makes it.
        case new
        /// It is in the token already, under this label, and stays there.
        case labelled(String)
    }

    /// - Parameter id: The external key id; nil for one that is made up.
    package func createKey(
        _ id: String?, of prefix: String, from material: Material, uses: Set<KeyExposure.Use>, description: String,
        by context: CallContext
    ) async throws(KMSError) -> XKSKeyDescription {
        try authorize("CreateXKSKey", on: prefix, by: context)
        if let id { try XKSNames.check(keyID: id) }
        return try await changes.run { () async throws(KMSError) in
            _ = try store(prefix, of: context)
            let name = KeyExposure.Name(prefix: prefix, id: id ?? String.randomUUID())
            try keys.checkThatIsFree(name)
            var request = NewKey()
            request.description = description
            request.exposure = KeyExposure(name: name, uses: uses)
            let made =
                switch material {
                case .new: try await keys.createKey(request, by: context)
                case .labelled(let label): try await keys.adoptKey(labelled: label, request, by: context)
                }
            return XKSKeyDescription(
                exposure: KeyExposure(name: name, uses: uses), address: made.key.address, state: made.state,
                creationDate: made.key.creationDate)
        }
    }

    /// By their external ids.
    package func listKeys(of prefix: String, by context: CallContext) throws(KMSError) -> [XKSKeyDescription] {
        try authorize("ListXKSKeys", on: prefix, by: context)
        _ = try store(prefix, of: context)
        return keys.exposedKeys(of: prefix).map { key in
            XKSKeyDescription(
                exposure: key.exposure, address: key.key.address, state: key.state, creationDate: key.key.creationDate)
        }
    }

    /// Restricts a key to some uses, or to none.
    package func updateKey(
        _ id: String, of prefix: String, uses: Set<KeyExposure.Use>, by context: CallContext
    ) async throws(KMSError) {
        try authorize("UpdateXKSKey", on: prefix, by: context)
        _ = try store(prefix, of: context)
        try await keys.setUses(uses, of: KeyExposure.Name(prefix: prefix, id: id), by: context)
    }
}
