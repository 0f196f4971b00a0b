package import KMSCore
import KMSPolicy

/// Tags of users and roles.
extension IdentityStore {
    package func tag(_ identity: IdentityName, _ tags: [Tag], by context: CallContext) async throws(KMSError) {
        try IAMTags.check(tags, atMost: limits.tags)
        let limit = limits.tags
        try await change(identity, for: identity.action("Tag"), by: context, with: .tags(tags)) {
            identity throws(KMSError) in
            identity.tags = try IAMTags.merge(tags, into: identity.tags, atMost: limit)
        }
    }

    package func untag(_ identity: IdentityName, keys: [String], by context: CallContext) async throws(KMSError) {
        try IAMTags.check(keys: keys, atMost: limits.tags)
        try await change(identity, for: identity.action("Untag"), by: context, with: .tagKeys(keys)) { identity in
            identity.tags = IAMTags.remove(keys, from: identity.tags)
        }
    }

    package func listTags(
        of identity: IdentityName, _ page: PageRequest, by context: CallContext
    ) throws(KMSError) -> Page<Tag> {
        try IAMName.check(limit: page)
        let entry = try find(identity, for: identity.action("List", "Tags"), by: context)
        return try Page(of: IAMTags.list(entry.identity.tags), page, list: "ListTags", defaultLimit: 100) { $0.key }
    }
}

/// Tags of managed policies.
extension IdentityStore {
    package func tagPolicy(_ arn: String, _ tags: [Tag], by context: CallContext) async throws(KMSError) {
        try IAMTags.check(tags, atMost: limits.tags)
        let limit = limits.tags
        try await changePolicy(arn, for: "iam:TagPolicy", by: context, with: .tags(tags)) {
            policy throws(KMSError) in
            policy.tags = try IAMTags.merge(tags, into: policy.tags, atMost: limit)
        }
    }

    package func untagPolicy(_ arn: String, keys: [String], by context: CallContext) async throws(KMSError) {
        try IAMTags.check(keys: keys, atMost: limits.tags)
        try await changePolicy(arn, for: "iam:UntagPolicy", by: context, with: .tagKeys(keys)) { policy in
            policy.tags = IAMTags.remove(keys, from: policy.tags)
        }
    }

    package func listPolicyTags(
        _ arn: String, _ page: PageRequest, by context: CallContext
    ) throws(KMSError) -> Page<Tag> {
        try IAMName.check(limit: page)
        let entry = try findPolicy(arn, for: "iam:ListPolicyTags", by: context)
        let tags = IAMTags.list(entry.policy?.tags ?? [:])
        return try Page(of: tags, page, list: "ListPolicyTags", defaultLimit: 100) { $0.key }
    }
}
