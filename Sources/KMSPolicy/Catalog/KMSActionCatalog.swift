/// One action of AWS KMS, and what policies can say about it.
package struct KMSActionEntry: Sendable {
    /// The Service Authorization Reference's; of several, the one that says most.
    package enum AccessLevel: String, Sendable {
        case list = "List"
        case read = "Read"
        case write = "Write"
        case tagging = "Tagging"
        case permissionsManagement = "Permissions management"
    }

    package enum Resource: String, Sendable {
        case key
        case alias
    }

    /// Without its service, as in `Decrypt`.
    package let name: String
    package let access: AccessLevel
    /// Empty for actions on an account.
    package let resources: [Resource]
    /// Whether callers of other accounts can be allowed it.
    package let worksAcrossAccounts: Bool
    /// The action's own; see ``hasConditionKey(_:)`` for all.
    let conditionKeys: Set<ConditionKey>

    init(
        _ name: String, _ access: AccessLevel, _ resources: [Resource], acrossAccounts: Bool = false,
        _ conditionKeys: [ConditionKey.Name], _ families: [ConditionKey] = []
    ) {
        self.name = name
        self.access = access
        self.resources = resources
        worksAcrossAccounts = acrossAccounts
        self.conditionKeys = Set(conditionKeys.map { .named($0) } + families)
    }

    /// Whether a request for the action can have a value for a condition key: the action's own, its resource's, or one
    /// that every request can have.
    package func hasConditionKey(_ key: ConditionKey) -> Bool {
        let family = key.family
        return conditionKeys.contains(family)
            || (resources.contains(.key) && KMSActionCatalog.keyResourceConditionKeys.contains(family))
            || ConditionKeyCatalog.isGlobal(family)
    }
}

/// The actions of AWS KMS ("Actions, resources, and condition keys for AWS Key Management Service", AWS Service
/// Authorization Reference).
package enum KMSActionCatalog {
    private static let byName = Dictionary(uniqueKeysWithValues: all.map { ("kms:" + $0.name.lowercased(), $0) })

    /// What a key has as the resource of a request.
    static let keyResourceConditionKeys: Set<ConditionKey> = [
        .resourceTag(""), .named(.keyOrigin), .named(.keySpec), .named(.keyUsage), .named(.multiRegion),
        .named(.multiRegionKeyType), .named(.resourceAliases),
        // Old names of key spec and key usage, which AWS still gives a value.
        .named(.customerMasterKeySpec), .named(.customerMasterKeyUsage),
    ]

    /// - Parameter name: As in `kms:Decrypt`, in any case.
    package static func action(named name: String) -> KMSActionEntry? {
        byName[name.lowercased()]
    }

    /// The actions that a pattern such as `kms:GenerateDataKey*` covers.
    package static func actions(matching pattern: String) -> [KMSActionEntry] {
        let pattern = pattern.lowercased()
        if let exact = byName[pattern] { return [exact] }
        guard pattern.contains(where: { $0 == "*" || $0 == "?" }) else { return [] }
        return all.filter { WildcardPattern.matches(pattern, "kms:" + $0.name.lowercased()) }
    }
}
