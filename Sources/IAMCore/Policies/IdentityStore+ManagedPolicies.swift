package import KMSCore
import KMSPolicy

/// Managed policies.
extension IdentityStore {
    package func createPolicy(
        _ new: NewPolicy, by context: CallContext
    ) async throws(KMSError) -> PolicyDescription {
        try IAMName.check(new.name, "PolicyName", 1...128)
        try IAMName.check(path: new.path)
        try IAMName.check(description: new.description)
        try IAMTags.check(new.tags, atMost: limits.tags)
        try checkManaged(new.document)
        let account = context.principal.account
        let now = clock.now
        let policy = ManagedPolicy(
            account: account, name: new.name, path: new.path, uniqueID: UniqueID.new(.policy),
            description: new.description,
            versions: [ManagedPolicy.Version(id: "v1", document: new.document, creationDate: now)],
            defaultVersion: "v1", creationDate: now, updateDate: now,
            tags: try IAMTags.merge(new.tags, into: [:], atMost: limits.tags))
        return try await changes.run { () async throws(KMSError) in
            let conditions = [ConditionKey: ConditionValues].tags(new.tags)
            try authorize("iam:CreatePolicy", on: .policy(policy.arn, nil), by: context, with: conditions)
            if !new.tags.isEmpty {
                try authorize("iam:TagPolicy", on: .policy(policy.arn, nil), by: context, with: conditions)
            }
            let (isTaken, count) = read { table in
                (table.hasPolicy(named: new.name, in: account), table.policies(of: account).count)
            }
            guard !isTaken else {
                throw KMSError(
                    .alreadyExists, "A policy called \(new.name) already exists. Duplicate names are not allowed.")
            }
            guard count < limits.policies else { throw .quota("PoliciesPerAccount", limits.policies) }
            let description = PolicyDescription(PolicyEntry(policy), PolicyUsers())
            context.draft.note(response: .policy(description))
            try await commit([.saveManagedPolicy(policy)], by: context)
            return description
        }
    }

    package func getPolicy(_ arn: String, by context: CallContext) throws(KMSError) -> PolicyDescription {
        let entry = try findPolicy(arn, for: "iam:GetPolicy", by: context)
        return PolicyDescription(entry, users(of: arn, in: context.principal.account))
    }

    package func deletePolicy(_ arn: String, by context: CallContext) async throws(KMSError) {
        try await changes.run { () async throws(KMSError) in
            let policy = try own(findPolicy(arn, for: "iam:DeletePolicy", by: context))
            let users = users(of: arn, in: policy.account)
            guard users.attached.isEmpty, users.bounded.isEmpty else {
                throw KMSError(
                    .deleteConflict,
                    "Cannot delete a policy attached to entities: detach it, and remove it as a permissions boundary, "
                        + "from all users and roles first.")
            }
            guard policy.versions.count == 1 else {
                throw KMSError(
                    .deleteConflict,
                    "This policy has more than one version. Before you delete a policy, you must delete the policy's "
                        + "versions. The default version is deleted with the policy.")
            }
            try await commit([.removeManagedPolicy(arn: arn)], by: context)
        }
    }

    /// - Parameter kind: Users alone or roles alone; nil for both.
    package func listEntities(
        forPolicy arn: String, _ kind: Identity.Kind? = nil, pathPrefix: String = "/", usage: PolicyUsage? = nil,
        _ page: PageRequest, by context: CallContext
    ) throws(KMSError) -> Page<PolicyEntity> {
        try IAMName.check(pathPrefix: pathPrefix)
        try IAMName.check(limit: page)
        _ = try findPolicy(arn, for: "iam:ListEntitiesForPolicy", by: context)
        let users = users(of: arn, in: context.principal.account)
        let chosen =
            (usage == .permissionsBoundary ? [] : users.attached) + (usage == .permissionsPolicy ? [] : users.bounded)
        let entities = Set(
            chosen.filter { $0.path.hasPrefix(pathPrefix) && (kind == nil || $0.key.kind == kind) }
                .map { PolicyEntity(kind: $0.key.kind, name: $0.key.name, uniqueID: $0.uniqueID) }
        ).sorted { $0.uniqueID < $1.uniqueID }
        return try Page(of: entities, page, list: "ListEntitiesForPolicy", defaultLimit: 100) { $0.uniqueID }
    }
}

// For all that is about a managed policy.
extension IdentityStore {
    /// The policy of this ARN, if the caller may do `action` to it. Throws `accessDenied`, or `notFound` for those who
    /// may.
    func findPolicy(
        _ arn: String, for action: String, by context: CallContext,
        with conditions: [ConditionKey: ConditionValues] = [:]
    ) throws(KMSError) -> PolicyEntry {
        guard (20...2048).contains(arn.utf8.count), arn.hasPrefix("arn:aws:iam::") else {
            throw KMSError(.invalidInput, "ARN \(arn.prefix(64)) is not valid: it has to be a managed policy's.")
        }
        let entry = read { $0.policy(arn, for: context.principal.account) }
        try authorize(action, on: .policy(arn, entry), by: context, with: conditions)
        guard let entry else { throw .noSuchPolicy(arn) }
        return entry
    }

    /// Throws for a built-in policy, which is nobody's to change.
    func own(_ entry: PolicyEntry) throws(KMSError) -> ManagedPolicy {
        guard let policy = entry.policy else {
            throw KMSError(
                .accessDenied, "The policy \(entry.arn) is built in and cannot be changed; make one like it.")
        }
        return policy
    }

    func changePolicy(
        _ arn: String, for action: String, by context: CallContext,
        with conditions: [ConditionKey: ConditionValues] = [:],
        _ edit: (inout ManagedPolicy) throws(KMSError) -> Void
    ) async throws(KMSError) {
        try await changes.run { () async throws(KMSError) in
            var policy = try own(findPolicy(arn, for: action, by: context, with: conditions))
            try edit(&policy)
            try await commit([.saveManagedPolicy(policy)], by: context)
        }
    }

    func checkManaged(_ text: String) throws(KMSError) {
        _ = try PolicyText.parse(text, as: .identity)
        guard PolicyText.size(text) <= limits.managedPolicySize else {
            throw .quota("PolicySize", limits.managedPolicySize)
        }
    }

    func users(of arn: String, in account: AccountID) -> PolicyUsers {
        read { table in
            var users = PolicyUsers()
            for entry in table.identities.values where entry.identity.key.account == account && entry.uses(arn) {
                if entry.identity.attachedPolicies.contains(arn) { users.attached.append(entry.identity) }
                if entry.identity.permissionsBoundary == arn { users.bounded.append(entry.identity) }
            }
            return users
        }
    }
}

/// The identities that a managed policy decides on.
struct PolicyUsers {
    var attached: [Identity] = []
    var bounded: [Identity] = []
}

extension PolicyDescription {
    init(_ entry: PolicyEntry, _ users: PolicyUsers) {
        arn = entry.arn
        name = entry.name
        path = entry.path
        uniqueID = entry.uniqueID
        description = entry.description
        defaultVersion = entry.policy?.defaultVersion ?? "v1"
        attachmentCount = users.attached.count
        boundaryUsageCount = users.bounded.count
        creationDate = entry.policy?.creationDate ?? BuiltInPolicies.date
        updateDate = entry.policy?.updateDate ?? BuiltInPolicies.date
        tags = IAMTags.list(entry.policy?.tags ?? [:])
    }
}
