import Synchronization

// Keys that the server makes for `alias/aws/<service>` when they are first used by that name, as AWS does for its
// services ("AWS managed keys", AWS KMS Developer Guide): rotated every year, and nobody can change them.
extension KeyStore {
    /// How many services of a Region may have such a key: a name costs nothing, an object in a token does.
    package static let maximumManagedKeys = 100

    private static let aliasPrefix = "alias/aws/"

    /// Makes the key that an `alias/aws/<service>` names, if it is not there yet and the caller may do `action` to it.
    /// Returns at once for other names. To be called before ``resolve(_:for:by:)`` by those operations that a key can
    /// serve which was only just made, and which is for encryption.
    func prepare(
        _ name: String, for action: KMSAction, by context: CallContext,
        with conditions: @autoclosure () -> RequestConditions = .none
    ) async throws(KMSError) {
        // Behind the last colon of an ARN, or all of the name.
        let resource = name.utf8.lastIndex(of: UInt8(ascii: ":")).map { name.utf8[$0...].dropFirst() } ?? name.utf8[...]
        guard resource.starts(with: Self.aliasPrefix.utf8),
            let identifier = try? KeyIdentifier(name, in: context.scope), identifier.account == context.scope.account,
            case .alias(let alias) = identifier.name,
            let service = Self.service(of: alias), !hasAlias(alias, in: context.scope)
        else { return }
        let conditions = conditions()
        try await managedKeyCreation.run { () async throws(KMSError) in
            // Another request may have been faster.
            guard !hasAlias(alias, in: context.scope) else { return }
            try await makeManagedKey(for: service, alias, action, by: context, conditions)
        }
    }

    private func hasAlias(_ name: String, in scope: Scope) -> Bool {
        table.withLock { $0.alias(name, in: scope) != nil }
    }

    /// The service that an alias is for: lower-case letters, digits and hyphens, at most 32. Any other is no alias that
    /// a key is made for.
    private static func service(of alias: String) -> String? {
        let service = alias.dropFirst(aliasPrefix.count)
        let isName = service.utf8.allSatisfy { character in
            switch character {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"): true
            default: false
            }
        }
        return isName && (1...32).contains(service.utf8.count) ? String(service) : nil
    }

    private func makeManagedKey(
        for service: String, _ alias: String, _ action: KMSAction, by context: CallContext,
        _ conditions: RequestConditions
    ) async throws(KMSError) {
        let intent = managedKey(for: service, in: context.scope)
        guard let entry = KeyEntry(intent, in: nil) else { return }
        let scope = context.scope
        try authorize(
            action, on: .key(entry), by: context, with: conditions, alias: alias, named: scope.aliasARN(alias))
        let count = table.withLock { $0.scopes[scope]?.keys.values.count { $0.key.manager == .aws } } ?? 0
        guard count < Self.maximumManagedKeys else {
            throw KMSError(
                .limitExceeded,
                "There are \(count) AWS managed keys in \(scope.region), the most there may be. Create a key of your own."
            )
        }
        let made = try await generateMaterial(of: intent)
        try await save(
            made, or: intent,
            alias: Alias(
                scope: scope, name: alias, target: made.address.id, creationDate: made.creationDate,
                lastUpdatedDate: made.creationDate
            ),
            on: .service("CreateKey", made.address, at: made.creationDate)
        )
    }

    private func managedKey(for service: String, in scope: Scope) -> Key {
        let now = clock.now
        return Key(
            address: KeyAddress(scope: scope, id: .random()), spec: .symmetricDefault, usage: .encryptDecrypt,
            origin: .awsKMS, lifecycle: .creating,
            description: "Default key that protects my \(service) data when no other key is defined",
            policy: KeyPolicy.standard(for: scope.account), tags: [:], creationDate: now,
            materials: [.new(number: 1, at: now)], currentMaterial: 1, manager: .aws,
            rotation: KeyRotation(
                periodInDays: Self.defaultRotationPeriodInDays,
                nextDate: now.adding(days: Self.defaultRotationPeriodInDays)
            )
        )
    }

    /// Throws `accessDenied` for what nobody may do to an AWS managed key.
    func checkManager(of entry: KeyEntry, for action: KMSAction, by context: CallContext) throws(KMSError) {
        guard entry.key.manager == .aws, action.changesKey else { return }
        throw KMSError(
            .accessDenied,
            "User: \(context.principal.arn) is not authorized to perform: kms:\(action.rawValue) on resource: "
                + "\(entry.arn) because it is an AWS managed key: it can be used, but not changed. Create a key of your own "
                + "for that."
        )
    }
}
