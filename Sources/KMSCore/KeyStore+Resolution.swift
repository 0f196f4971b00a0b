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
        try await changeSet(address, on: occasion) { key, _ throws(KMSError) in try edit(&key) }
    }

    /// As ``change(_:on:_:)``, with the same multi-Region key in other Regions: all change, or none does. All are stored,
    /// also those that stay as they are: a commit that took effect although it failed may have left other rows of them.
    @discardableResult
    func changeSet(
        _ address: KeyAddress, on occasion: Occasion, _ edit: (inout Key, inout [Key]) throws(KMSError) -> Void
    ) async throws(KMSError) -> Key {
        try await changes.run { () async throws(KMSError) -> Key in
            let set = table.withLock { $0.set(of: address) }
            guard var key = set.first(where: { $0.key.address == address })?.key else {
                throw KMSError(.notFound, "Key '\(address.arn)' does not exist")
            }
            var siblings = set.map(\.key).filter { $0.address != address }
            try edit(&key, &siblings)
            let former = Dictionary(uniqueKeysWithValues: set.map { ($0.key.address, $0) })
            var changed: [KeyEntry] = []
            for key in [key] + siblings where key != former[key.address]?.key {
                guard let entry = KeyEntry(key, in: backend, replacing: former[key.address]) else {
                    throw KMSError(.internalFailure, "The key was not changed.", cause: "its material cannot be read")
                }
                changed.append(entry)
            }
            guard !changed.isEmpty else { return key }
            let entries = changed
            try await occasion.commit(([key] + siblings).map { .saveKey($0) }, to: journal)
            table.withLock { table in
                for entry in entries { table.save(entry) }
            }
            return key
        }
    }
}
