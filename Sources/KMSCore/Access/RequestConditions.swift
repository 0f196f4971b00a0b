package import KMSPolicy

/// What a request is for, as far as conditions of policies and constraints of grants ask for it.
package struct RequestConditions: Sendable {
    /// Nil for operations that have none. An empty one counts as none in policies.
    package var encryptionContext: EncryptionContext?
    /// `kms:EncryptionAlgorithm`, `kms:SigningAlgorithm` or their like, with its value.
    package var algorithm: (key: ConditionKey.Name, value: String)?
    /// What is named by few operations.
    package var others: [ConditionKey: ConditionValues] = [:]
    /// Which grants can allow it.
    package var grants = UsableGrants.all

    package init(
        _ encryptionContext: EncryptionContext? = nil, algorithm: (key: ConditionKey.Name, value: String)? = nil,
        _ others: [ConditionKey: ConditionValues] = [:]
    ) {
        self.encryptionContext = encryptionContext
        self.algorithm = algorithm
        self.others = others
    }

    package static let none = RequestConditions()

    /// `SYMMETRIC_DEFAULT` where no algorithm is named, as AWS has it.
    static func encryption(_ context: EncryptionContext, _ algorithm: String?) -> RequestConditions {
        RequestConditions(context, algorithm: (.encryptionAlgorithm, algorithm ?? "SYMMETRIC_DEFAULT"))
    }

    /// `aws:RequestTag/…` and `aws:TagKeys`.
    static func tags(_ tags: [String: String]) -> [ConditionKey: ConditionValues] {
        guard !tags.isEmpty else { return [:] }
        var values: [ConditionKey: ConditionValues] = [.named(.tagKeys): .several(tags.keys.sorted())]
        for (name, tags) in Dictionary(grouping: tags, by: { $0.key.lowercased() }) {
            values[.requestTag(name)] = ConditionValues(ofAnyCase: tags.map(\.value))
        }
        return values
    }

    func values(of key: ConditionKey) -> ConditionValues {
        switch key {
        case .encryptionContext(let name):
            guard let pairs = encryptionContext?.pairs, !pairs.isEmpty else { return .absent }
            return ConditionValues(ofAnyCase: pairs.filter { $0.key.lowercased() == name }.map(\.value))
        case .named(.encryptionContextKeys):
            guard let pairs = encryptionContext?.pairs, !pairs.isEmpty else { return .absent }
            return .several(Array(pairs.keys))
        case .named(let name) where name == algorithm?.key:
            return ConditionValues(algorithm?.value)
        default:
            return others[key] ?? .absent
        }
    }
}

extension ConditionValues {
    /// The values of all that a policy's name stands for, which is the same in any case. Of more than one, what allows
    /// is not fulfilled, and what denies is.
    init(ofAnyCase values: [String]) {
        self = values.count > 1 ? .several(values.sorted()) : ConditionValues(values.first)
    }
}

// What single operations have.
extension RequestConditions {
    static func algorithm(_ key: ConditionKey.Name, _ value: String) -> RequestConditions {
        RequestConditions(algorithm: (key, value))
    }

    static func signing(_ algorithm: String, _ type: MessageType) -> RequestConditions {
        RequestConditions(algorithm: (.signingAlgorithm, algorithm), [.named(.messageType): .one(type.rawValue)])
    }

    static func dataKeyPair(_ context: EncryptionContext, _ spec: String) -> RequestConditions {
        var conditions = encryption(context, nil)
        conditions.others = [.named(.dataKeyPairSpec): .one(spec)]
        return conditions
    }

    var dataKeyPairSpec: KeySpec? {
        guard case .one(let spec) = others[.named(.dataKeyPairSpec)] else { return nil }
        return KeySpec(rawValue: spec)
    }

    static func reEncryption(
        _ context: EncryptionContext, _ algorithm: String?, onSameKey: Bool
    ) -> RequestConditions {
        var conditions = encryption(context, algorithm)
        conditions.others = [.named(.reEncryptOnSameKey): .one(onSameKey ? "true" : "false")]
        return conditions
    }

    static func wrapping(_ algorithm: String, _ keySpec: String) -> RequestConditions {
        RequestConditions(algorithm: (.wrappingAlgorithm, algorithm), [.named(.wrappingKeySpec): .one(keySpec)])
    }

    static func materialImport(_ material: MaterialImport) -> RequestConditions {
        var others: [ConditionKey: ConditionValues] = [
            .named(.expirationModel): .one(
                material.expires ? "KEY_MATERIAL_EXPIRES" : "KEY_MATERIAL_DOES_NOT_EXPIRE")
        ]
        if let validTo = material.validTo { others[.named(.validTo)] = .one(validTo.epochSeconds) }
        return RequestConditions(nil, others)
    }

    static func rotation(periodInDays: Int) -> RequestConditions {
        RequestConditions(nil, [.named(.rotationPeriodInDays): .one(String(periodInDays))])
    }

    static func deletion(pendingWindowInDays: Int) -> RequestConditions {
        RequestConditions(
            nil, [.named(.scheduleKeyDeletionPendingWindowInDays): .one(String(pendingWindowInDays))])
    }

    static func bypass(_ bypass: Bool?) -> RequestConditions {
        guard let bypass else { return .none }
        return RequestConditions(nil, [.named(.bypassPolicyLockoutSafetyCheck): .one(bypass ? "true" : "false")])
    }

    /// A key that is yet to be made has its spec, usage and origin from the request.
    static func creation(_ request: NewKey, _ tags: [String: String]) -> RequestConditions {
        var conditions = bypass(request.bypassLockoutCheck)
        conditions.others[.named(.keySpec)] = .one(request.spec.rawValue)
        conditions.others[.named(.customerMasterKeySpec)] = .one(request.spec.rawValue)
        conditions.others[.named(.keyUsage)] = .one(request.usage.rawValue)
        conditions.others[.named(.customerMasterKeyUsage)] = .one(request.usage.rawValue)
        conditions.others[.named(.keyOrigin)] = .one(request.origin.rawValue)
        conditions.others[.named(.multiRegion)] = .one(request.isMultiRegion ? "true" : "false")
        if request.isMultiRegion { conditions.others[.named(.multiRegionKeyType)] = .one("PRIMARY") }
        conditions.others.merge(RequestConditions.tags(tags)) { own, _ in own }
        return conditions
    }

    static func replication(_ request: KeyReplication) -> RequestConditions {
        var conditions = bypass(request.bypassLockoutCheck)
        conditions.others[.named(.replicaRegion)] = .one(request.region.description)
        return conditions
    }

    /// Of the key that a replication makes: it has its spec, usage and origin from its primary.
    static func creation(ofReplica key: Key, _ request: KeyReplication, _ tags: [String: String]) -> RequestConditions {
        var new = NewKey()
        (new.spec, new.usage, new.origin, new.isMultiRegion) = (key.spec, key.usage, key.origin, true)
        new.bypassLockoutCheck = request.bypassLockoutCheck
        var conditions = creation(new, tags)
        conditions.others[.named(.multiRegionKeyType)] = .one("REPLICA")
        return conditions
    }

    static func primaryRegion(_ region: Region) -> RequestConditions {
        RequestConditions(nil, [.named(.primaryRegion): .one(region.description)])
    }
}
