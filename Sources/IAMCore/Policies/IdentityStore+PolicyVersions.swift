package import KMSCore

/// The versions of managed policies.
extension IdentityStore {
    package func createPolicyVersion(
        of arn: String, _ text: String, setAsDefault: Bool, by context: CallContext
    ) async throws(KMSError) -> PolicyVersionDescription {
        try checkManaged(text)
        let limit = limits.policyVersions
        let now = clock.now
        var made: PolicyVersionDescription?
        try await changePolicy(arn, for: "iam:CreatePolicyVersion", by: context) { policy throws(KMSError) in
            guard policy.versions.count < limit else {
                throw KMSError(
                    .limitExceeded,
                    "A managed policy can have up to \(limit) versions. Before you create a new version, you must "
                        + "delete an existing version.")
            }
            let version = ManagedPolicy.Version(id: policy.nextVersion, document: text, creationDate: now)
            policy.versions.append(version)
            policy.updateDate = now
            if setAsDefault { policy.defaultVersion = version.id }
            let description = PolicyVersionDescription(version, of: policy)
            context.draft.note(response: .policyVersion(description))
            made = description
        }
        guard let made else { throw .noSuchPolicy(arn) }
        return made
    }

    package func getPolicyVersion(
        _ id: String, of arn: String, by context: CallContext
    ) throws(KMSError) -> PolicyVersionDescription {
        let entry = try findPolicy(arn, for: "iam:GetPolicyVersion", by: context)
        guard let version = entry.versions.first(where: { $0.id == id }) else {
            throw .noSuchVersion(id, of: arn)
        }
        return version
    }

    /// Newest first.
    package func listPolicyVersions(
        of arn: String, _ page: PageRequest, by context: CallContext
    ) throws(KMSError) -> Page<PolicyVersionDescription> {
        try IAMName.check(limit: page)
        let entry = try findPolicy(arn, for: "iam:ListPolicyVersions", by: context)
        // There are few; a marker is how many were shown before.
        let numbered = entry.versions.reversed().enumerated().map { (name: String($0.offset), version: $0.element) }
        let part = try Page(of: numbered, page, list: "ListPolicyVersions", defaultLimit: 100) { $0.name }
        return Page(items: part.items.map(\.version), nextMarker: part.nextMarker)
    }

    package func setDefaultPolicyVersion(
        _ id: String, of arn: String, by context: CallContext
    ) async throws(KMSError) {
        let now = clock.now
        try await changePolicy(arn, for: "iam:SetDefaultPolicyVersion", by: context) { policy throws(KMSError) in
            guard policy.versions.contains(where: { $0.id == id }) else { throw .noSuchVersion(id, of: arn) }
            policy.defaultVersion = id
            policy.updateDate = now
        }
    }

    package func deletePolicyVersion(
        _ id: String, of arn: String, by context: CallContext
    ) async throws(KMSError) {
        let now = clock.now
        try await changePolicy(arn, for: "iam:DeletePolicyVersion", by: context) { policy throws(KMSError) in
            guard let index = policy.versions.firstIndex(where: { $0.id == id }) else {
                throw .noSuchVersion(id, of: arn)
            }
            guard policy.defaultVersion != id else {
                throw KMSError(
                    .deleteConflict,
                    "Cannot delete the default version of a policy; make another the default one first.")
            }
            policy.versions.remove(at: index)
            policy.updateDate = now
        }
    }
}

extension ManagedPolicy {
    /// Above all that are there, as in `v3`.
    fileprivate var nextVersion: String {
        let numbers = versions.compactMap { Int($0.id.dropFirst()) }
        return "v\((numbers.max() ?? 0) + 1)"
    }
}

extension PolicyVersionDescription {
    init(_ version: ManagedPolicy.Version, of policy: ManagedPolicy) {
        id = version.id
        document = version.document
        isDefault = policy.defaultVersion == version.id
        creationDate = version.creationDate
    }
}

extension PolicyEntry {
    /// Oldest first.
    fileprivate var versions: [PolicyVersionDescription] {
        if let policy { return policy.versions.map { PolicyVersionDescription($0, of: policy) } }
        return [
            PolicyVersionDescription(
                id: "v1", document: document, isDefault: true, creationDate: BuiltInPolicies.date)
        ]
    }
}

extension KMSError {
    fileprivate static func noSuchVersion(_ id: String, of arn: String) -> KMSError {
        KMSError(.notFound, "Policy \(arn) version \(id.prefix(16)) does not exist or is not attachable.")
    }
}
