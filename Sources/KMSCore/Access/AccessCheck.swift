import KMSPolicy

/// One question of whether a call may do something, with the values of its condition keys.
struct AccessCheck: ConditionContext {
    let context: CallContext
    let conditions: RequestConditions
    let resource: Resource
    let now: Timestamp
    /// The alias that the request named the key by, with its `alias/`.
    let requestAlias: String?
    /// The names of the key's aliases: asked only when a policy does.
    let aliases: @Sendable () -> [String]

    func values(of key: ConditionKey) -> ConditionValues {
        switch key {
        case .named(.callerAccount):
            return .one(context.principal.account.description)
        case .named(.viaService):
            return ConditionValues(context.viaService)
        case .named(.requestAlias):
            return ConditionValues(requestAlias)
        case .named(.resourceAccount):
            return .one(resource.scope.account.description)
        default:
            break
        }
        let own = conditions.values(of: key)
        if own != .absent { return own }
        if case .key(let entry) = resource {
            if key == .named(.trailingDaysWithoutKeyUsage) { return .one(String(entry.daysWithoutUse(at: now))) }
            let values = entry.key.values(of: key, aliases)
            if values != .absent { return values }
        }
        return GlobalConditions(context, at: now).values(of: key)
    }
}

extension Key {
    /// The condition keys of the key itself.
    fileprivate func values(of key: ConditionKey, _ aliases: () -> [String]) -> ConditionValues {
        switch key {
        case .named(.keySpec), .named(.customerMasterKeySpec): .one(spec.rawValue)
        case .named(.keyUsage), .named(.customerMasterKeyUsage): .one(usage.rawValue)
        case .named(.keyOrigin): .one(origin.rawValue)
        case .named(.multiRegion): .one(address.id.isMultiRegion ? "true" : "false")
        case .named(.multiRegionKeyType): ConditionValues(multiRegionKeyType?.rawValue)
        case .named(.resourceAliases): .several(aliases())
        case .resourceTag(let name):
            // Tags of a key differ in case, names in policies do not: nobody may slip another value in beside one.
            ConditionValues(ofAnyCase: tags.filter { $0.key.lowercased() == name }.map(\.value))
        default: .absent
        }
    }
}

extension KeyEntry {
    /// Whole days since the key was last used, or made if it never was.
    fileprivate func daysWithoutUse(at now: Timestamp) -> Int64 {
        let since = lastUse.usage?.date ?? key.creationDate
        return max(0, (now.milliseconds - since.milliseconds) / 86_400_000)
    }
}

extension CallContext {
    /// The service that calls for somebody, as `kms:ViaService` names it.
    var viaService: String? { caller.session?.viaService.map { $0.viaServiceName(in: region) } }
}

extension String {
    /// `ec2.us-east-1.amazonaws.com` of `ec2.amazonaws.com`: as `kms:ViaService` names a service.
    fileprivate func viaServiceName(in region: Region) -> String {
        guard let dot = firstIndex(of: ".") else { return self }
        return "\(self[..<dot]).\(region)\(self[dot...])"
    }
}
