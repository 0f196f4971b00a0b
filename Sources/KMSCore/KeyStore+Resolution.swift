import Synchronization

extension KeyStore {
    /// Finds a key by any of its names and makes sure that the caller may do `action` to it now.
    ///
    /// Permission comes before state, so that a caller without it learns nothing.
    func resolve(
        _ name: String, for action: KMSAction, by context: CallContext, with conditions: RequestConditions = .none
    ) throws(KMSError) -> KeyEntry {
        let named = try find(name, for: action, by: context, with: conditions)
        let entry = named.entry
        try authorize(
            action, on: .key(entry), by: context, with: conditions, alias: named.alias, named: named.arn)
        try checkManager(of: entry, for: action, by: context)
        try entry.checkExposure(for: action)
        try checkState(of: entry, for: action)
        return entry
    }

    /// As ``resolve(_:for:by:with:)``, for operations that take an id or a key ARN only.
    func resolveKeyOnly(
        _ name: String, for action: KMSAction, by context: CallContext, with conditions: RequestConditions = .none
    ) throws(KMSError) -> KeyEntry {
        if case .alias = try KeyIdentifier(name, in: context.scope).name {
            throw name.hasPrefix("arn:")
                ? KMSError(.invalidARN, "Invalid arn \(name): this operation takes a key id or a key ARN")
                : KMSError(.notFound, "Invalid keyId '\(name)'")
        }
        return try resolve(name, for: action, by: context, with: conditions)
    }

    /// A key as a caller named it.
    struct NamedKey {
        let entry: KeyEntry
        /// Where it was named by one, with its `alias/`.
        let alias: String?
        /// The ARN of the name.
        let arn: String
    }

    /// Finds a key, for a caller who is yet to be authorized.
    func find(
        _ name: String, for action: KMSAction, by context: CallContext, with conditions: RequestConditions
    ) throws(KMSError) -> NamedKey {
        let identifier = try KeyIdentifier(name, in: context.scope)
        let scope = Scope(account: identifier.account, region: context.region)
        switch identifier.name {
        case .id(let id):
            if let entry = table.withLock({ $0.key(KeyAddress(scope: scope, id: id)) }) {
                return NamedKey(entry: entry, alias: nil, arn: entry.arn)
            }
            let arn = scope.keyARN(id)
            try refuseMissing(
                arn, for: action, in: scope.account, by: context, with: conditions,
                otherwise: KMSError(.notFound, "Key '\(arn)' does not exist"))
        case .alias(let alias):
            let entry = table.withLock { table in
                table.alias(alias, in: scope).flatMap { table.key(KeyAddress(scope: scope, id: $0.target)) }
            }
            let arn = scope.aliasARN(alias)
            if let entry { return NamedKey(entry: entry, alias: alias, arn: arn) }
            try refuseMissing(
                arn, for: action, in: scope.account, by: context, with: conditions,
                otherwise: KMSError(.notFound, "Alias \(arn) is not found."))
        }
    }

    /// Changes a key's metadata: in the store first, then in memory. `edit` sees the newest state and may refuse.
    /// A change that changes nothing is not committed.
    @discardableResult
    func change(
        _ address: KeyAddress, on occasion: Occasion, _ edit: (inout Key) throws(KMSError) -> Void
    ) async throws(KMSError) -> Key {
        try await changes.run { () async throws(KMSError) -> Key in
            guard let entry = table.withLock({ $0.key(address) }) else {
                throw KMSError(.notFound, "Key '\(address.arn)' does not exist")
            }
            var key = entry.key
            try edit(&key)
            guard key != entry.key else { return key }
            guard let changed = KeyEntry(key, in: backend, replacing: entry) else {
                throw KMSError(.internalFailure, "The key was not changed.", cause: "its material cannot be read")
            }
            try await occasion.commit([.saveKey(key)], to: journal)
            table.withLock { $0.save(changed) }
            return key
        }
    }
}
