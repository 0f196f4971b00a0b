/// All keys and aliases, in memory: what requests look up instead of the database.
struct KeyTable {
    struct Names {
        var keys: [KeyID: KeyEntry] = [:]
        var aliases: [String: Alias] = [:]
    }

    private(set) var scopes: [Scope: Names] = [:]

    func key(_ address: KeyAddress) -> KeyEntry? {
        scopes[address.scope]?.keys[address.id]
    }

    func alias(_ name: String, in scope: Scope) -> Alias? {
        scopes[scope]?.aliases[name]
    }

    var allKeys: [KeyEntry] {
        scopes.values.flatMap { $0.keys.values }
    }

    mutating func save(_ entry: KeyEntry) {
        scopes[entry.key.address.scope, default: Names()].keys[entry.key.address.id] = entry
    }

    mutating func save(_ alias: Alias) {
        scopes[alias.scope, default: Names()].aliases[alias.name] = alias
    }

    /// Removes the key and its aliases, as the store does.
    mutating func removeKey(_ address: KeyAddress) {
        guard var names = scopes[address.scope] else { return }
        names.keys[address.id] = nil
        names.aliases = names.aliases.filter { $0.value.target != address.id }
        scopes[address.scope] = names
    }

    mutating func removeAlias(_ name: String, in scope: Scope) {
        scopes[scope]?.aliases[name] = nil
    }
}
