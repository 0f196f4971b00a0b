import KMSCore
import KMSPolicy

/// The values of condition keys in a question of IAM or STS.
struct IdentityConditions: ConditionContext {
    let global: GlobalConditions
    /// What the request, or what it is about, has.
    var own: [ConditionKey: ConditionValues] = [:]
    /// Of what the request is about; by keys in lower case.
    var resourceTags: [String: String] = [:]

    func values(of key: ConditionKey) -> ConditionValues {
        if let values = own[key] { return values }
        return switch key {
        case .resourceTag(let tag): ConditionValues(resourceTags[tag])
        case .other(let text): ConditionValues(Self.resourceTag(text).flatMap { resourceTags[$0] })
        default: global.values(of: key)
        }
    }

    /// `iam:ResourceTag/…` is IAM's own name for `aws:ResourceTag/…`.
    private static func resourceTag(_ text: String) -> String? {
        let prefix = "iam:resourcetag/"
        return text.hasPrefix(prefix) ? String(text.dropFirst(prefix.count)) : nil
    }
}

extension [ConditionKey: ConditionValues] {
    /// `aws:RequestTag/…` and `aws:TagKeys`; nothing for a request without tags.
    static func tags(_ tags: [Tag]) -> Self {
        guard !tags.isEmpty else { return [:] }
        var values = tagKeys(tags.map(\.key))
        for tag in tags { values[.requestTag(tag.key.lowercased())] = .one(tag.value) }
        return values
    }

    static func tagKeys(_ keys: [String]) -> Self {
        [.named(.tagKeys): .several(keys)]
    }

    static func policy(_ arn: String) -> Self {
        [.named(.policyARN): .one(arn)]
    }

    static func boundary(_ arn: String?) -> Self {
        arn.map { [.named(.permissionsBoundary): .one($0)] } ?? [:]
    }

    func adding(_ others: Self) -> Self {
        merging(others) { _, new in new }
    }
}
