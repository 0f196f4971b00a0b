import Synchronization

extension KeyStore {
    /// Finds a key by any of its names and makes sure that the caller may do `action` to it now.
    ///
    /// Permission comes before state, so that a caller without it learns nothing.
    func resolve(_ name: String, for action: KMSAction, by context: CallContext) throws(KMSError) -> KeyEntry {
        let entry = try find(name, by: context)
        try authorizer.authorize(action, on: .key(entry.key), by: context)
        try checkManager(of: entry, for: action, by: context)
        try action.check(entry.state(at: clock.now), of: entry.arn)
        return entry
    }

    /// As ``resolve(_:for:by:)``, for operations that take an id or a key ARN only.
    func resolveKeyOnly(_ name: String, for action: KMSAction, by context: CallContext) throws(KMSError) -> KeyEntry {
        if case .alias = try KeyIdentifier(name, in: context.scope) {
            throw name.hasPrefix("arn:")
                ? KMSError(.invalidARN, "Invalid arn \(name): this operation takes a key id or a key ARN")
                : KMSError(.notFound, "Invalid keyId '\(name)'")
        }
        return try resolve(name, for: action, by: context)
    }

    func find(_ name: String, by context: CallContext) throws(KMSError) -> KeyEntry {
        let scope = context.scope
        switch try KeyIdentifier(name, in: scope) {
        case .id(let id):
            guard let entry = table.withLock({ $0.key(KeyAddress(scope: scope, id: id)) }) else {
                throw KMSError(.notFound, "Key '\(scope.keyARN(id))' does not exist")
            }
            return entry
        case .alias(let alias):
            let entry = table.withLock { table in
                table.alias(alias, in: scope).flatMap { table.key(KeyAddress(scope: scope, id: $0.target)) }
            }
            guard let entry else {
                throw KMSError(.notFound, "Alias \(scope.aliasARN(alias)) is not found.")
            }
            return entry
        }
    }

    /// Changes a key's metadata: in the store first, then in memory. `edit` sees the newest state and may refuse.
    @discardableResult
    func change(
        _ address: KeyAddress, _ edit: (inout Key) throws(KMSError) -> Void
    ) async throws(KMSError) -> Key {
        try await changes.run { () async throws(KMSError) -> Key in
            guard let entry = table.withLock({ $0.key(address) }) else {
                throw KMSError(.notFound, "Key '\(address.arn)' does not exist")
            }
            var key = entry.key
            try edit(&key)
            guard key != entry.key else { return key }
            guard let changed = KeyEntry(key, replacing: entry) else {
                throw KMSError(.internalFailure, "The key was not changed.", cause: "its material cannot be read")
            }
            try await metadata.commit([.saveKey(key)])
            table.withLock { $0.save(changed) }
            return key
        }
    }
}
