import Synchronization

extension KeyStore {
    /// How many aliases a key may have.
    package static let maximumAliasesPerKey = 50

    package func createAlias(_ name: String, target: String, by context: CallContext) async throws(KMSError) {
        try Self.checkAliasName(name)
        let scope = context.scope
        let entry = try resolveAliasTarget(target, for: .createAlias, by: context)
        try authorize(.createAlias, on: .alias(scope, name: name), by: context)
        try await changes.run { () async throws(KMSError) in
            guard table.withLock({ $0.alias(name, in: scope) }) == nil else {
                throw KMSError(.alreadyExists, "An alias with the name \(scope.aliasARN(name)) already exists")
            }
            try checkRoomForAlias(of: entry)
            try await save(
                Alias(
                    scope: scope, name: name, target: entry.key.address.id, creationDate: clock.now,
                    lastUpdatedDate: clock.now
                ), by: context)
        }
    }

    package func updateAlias(_ name: String, target: String, by context: CallContext) async throws(KMSError) {
        try Self.checkAliasName(name)
        let entry = try resolveAliasTarget(target, for: .updateAlias, by: context)
        try authorize(.updateAlias, on: .alias(context.scope, name: name), by: context)
        try await changes.run { () async throws(KMSError) in
            var alias = try findAlias(name, in: context.scope)
            let old = table.withLock { $0.key(KeyAddress(scope: alias.scope, id: alias.target)) }
            if let old {
                try authorize(.updateAlias, on: .key(old), by: context)
                guard old.key.usage == entry.key.usage else {
                    throw KMSError(
                        .validation,
                        "Alias \(name) cannot be changed from a CMK with key usage \(old.key.usage.rawValue) to a CMK "
                            + "with key usage \(entry.key.usage.rawValue). The key usage of the current CMK and the "
                            + "new CMK must be the same."
                    )
                }
                guard old.algorithm.isAsymmetric == entry.algorithm.isAsymmetric else {
                    throw KMSError(
                        .validation,
                        "Alias \(name) cannot be changed from a CMK with key spec \(old.key.spec.rawValue) to a CMK with "
                            + "key spec \(entry.key.spec.rawValue). Both CMKs must be symmetric or both asymmetric."
                    )
                }
            }
            if alias.target != entry.key.address.id { try checkRoomForAlias(of: entry) }
            alias.target = entry.key.address.id
            alias.lastUpdatedDate = clock.now
            try await save(alias, by: context)
        }
    }

    package func deleteAlias(_ name: String, by context: CallContext) async throws(KMSError) {
        try Self.checkAliasName(name)
        try authorize(.deleteAlias, on: .alias(context.scope, name: name), by: context)
        try await changes.run { () async throws(KMSError) in
            let alias = try findAlias(name, in: context.scope)
            if let entry = table.withLock({ $0.key(KeyAddress(scope: alias.scope, id: alias.target)) }) {
                try authorize(.deleteAlias, on: .key(entry), by: context)
            }
            try await journal.commit([.removeAlias(alias.scope, name: name)], by: context)
            table.withLock { $0.removeAlias(name, in: alias.scope) }
        }
    }

    package func listAliases(
        of key: String?, _ page: PageRequest, by context: CallContext
    ) throws(KMSError) -> Page<Alias> {
        try authorize(.listAliases, on: .account(context.scope), by: context)
        var aliases = Array((table.withLock { $0.scopes[context.scope]?.aliases } ?? [:]).values)
        if let key {
            let target = try resolveKeyOnly(key, for: .listAliases, by: context).key.address.id
            aliases.removeAll { $0.target != target }
        }
        aliases.sort { $0.name < $1.name }
        return try Page(of: aliases, page, list: "ListAliases", defaultLimit: 50) { $0.name }
    }

    private func save(_ alias: Alias, by context: CallContext) async throws(KMSError) {
        try await journal.commit([.saveAlias(alias)], by: context)
        table.withLock { $0.save(alias) }
    }

    private func checkRoomForAlias(of entry: KeyEntry) throws(KMSError) {
        let address = entry.key.address
        let aliases = table.withLock { $0.scopes[address.scope]?.aliases } ?? [:]
        let count = aliases.values.count { $0.target == address.id }
        guard count < Self.maximumAliasesPerKey else {
            throw KMSError(
                .limitExceeded, "\(entry.arn) has \(count) aliases, the most that a key may have. Delete one first."
            )
        }
    }

    private func findAlias(_ name: String, in scope: Scope) throws(KMSError) -> Alias {
        guard let alias = table.withLock({ $0.alias(name, in: scope) }) else {
            throw KMSError(.notFound, "Alias \(scope.aliasARN(name)) is not found.")
        }
        return alias
    }

    private func resolveAliasTarget(
        _ target: String, for action: KMSAction, by context: CallContext
    ) throws(KMSError) -> KeyEntry {
        if case .alias = try KeyIdentifier(target, in: context.scope).name {
            throw KMSError(.validation, "Aliases must refer to keys. Not aliases")
        }
        return try resolve(target, for: action, by: context)
    }

    private static func checkAliasName(_ name: String) throws(KMSError) {
        guard name.hasPrefix("alias/") else {
            throw KMSError(
                .validation,
                "Alias must start with the prefix \"alias/\". Please see "
                    + "https://docs.aws.amazon.com/kms/latest/developerguide/kms-alias.html"
            )
        }
        guard !name.hasPrefix("alias/aws/") else {
            throw KMSError(.notAuthorized, "Aliases beginning with alias/aws/ are reserved. Choose another name.")
        }
        guard name.utf8.count > 6, name.utf8.allSatisfy(Self.isAliasCharacter) else {
            throw KMSError(.validation, "\(name) contains invalid characters for an alias")
        }
    }

    private static func isAliasCharacter(_ character: UInt8) -> Bool {
        switch character {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "/"), UInt8(ascii: "_"), UInt8(ascii: "-"):
            true
        default: false
        }
    }
}
