/// All keys and aliases, in memory: what requests look up instead of the database.
struct KeyTable {
    struct Names {
        var keys: [KeyID: KeyEntry] = [:]
        var aliases: [String: Alias] = [:]
        /// The names of each key's aliases.
        var aliasNames: [KeyID: Set<String>] = [:]
    }

    private(set) var scopes: [Scope: Names] = [:]
    /// The keys of the XKS proxy, by what its callers know them by.
    private var exposed: [KeyExposure.Name: KeyAddress] = [:]

    init() {}

    /// The entries with the aliases and grants that are stored of their keys.
    init(_ entries: [KeyEntry], _ image: MetadataImage) {
        for entry in entries { save(entry) }
        for alias in image.aliases { save(alias) }
        for grant in image.grants { key(grant.key)?.grants.save(grant) }
    }

    func key(_ address: KeyAddress) -> KeyEntry? {
        scopes[address.scope]?.keys[address.id]
    }

    /// The key with this id, in whichever account of the Region it is.
    func key(_ id: KeyID, preferring scope: Scope) -> KeyEntry? {
        if let own = scopes[scope]?.keys[id] { return own }
        return scopes.first { $0.key.region == scope.region && $0.value.keys[id] != nil }?.value.keys[id]
    }

    /// The keys that are one multi-Region key in several Regions, with this one; a single-Region key alone.
    func set(of address: KeyAddress) -> [KeyEntry] {
        guard address.id.isMultiRegion else { return key(address).map { [$0] } ?? [] }
        return scopes.compactMap { scope, names in
            scope.account == address.scope.account ? names.keys[address.id] : nil
        }
    }

    func alias(_ name: String, in scope: Scope) -> Alias? {
        scopes[scope]?.aliases[name]
    }

    func aliasNames(of address: KeyAddress) -> [String] {
        scopes[address.scope]?.aliasNames[address.id]?.sorted() ?? []
    }

    func exposedKey(_ name: KeyExposure.Name) -> KeyEntry? {
        exposed[name].flatMap { key($0) }
    }

    var exposedKeys: [KeyEntry] { exposed.values.compactMap { key($0) } }

    var allKeys: [KeyEntry] {
        scopes.values.flatMap { $0.keys.values }
    }

    mutating func save(_ entry: KeyEntry) {
        scopes[entry.key.address.scope, default: Names()].keys[entry.key.address.id] = entry
        if let exposure = entry.key.exposure { exposed[exposure.name] = entry.key.address }
    }

    mutating func save(_ alias: Alias) {
        removeAlias(alias.name, in: alias.scope)
        scopes[alias.scope, default: Names()].aliases[alias.name] = alias
        scopes[alias.scope]?.aliasNames[alias.target, default: []].insert(alias.name)
    }

    /// Removes the key and its aliases, as the store does.
    mutating func removeKey(_ address: KeyAddress) {
        guard var names = scopes[address.scope] else { return }
        if let exposure = names.keys.removeValue(forKey: address.id)?.key.exposure { exposed[exposure.name] = nil }
        for alias in names.aliasNames.removeValue(forKey: address.id) ?? [] { names.aliases[alias] = nil }
        scopes[address.scope] = names
    }

    mutating func removeAlias(_ name: String, in scope: Scope) {
        guard let alias = scopes[scope]?.aliases.removeValue(forKey: name) else { return }
        scopes[scope]?.aliasNames[alias.target]?.remove(name)
    }
}
