import KMSCore
import KMSPolicy

extension AssumeRoleRequest {
    /// Of an inline session policy, in characters.
    static let maximumPolicySize = 2048
    /// What policies, their ARNs and the tags of a session may take together, in bytes.
    static let packedSize = 24_576
    static let maximumPolicyARNs = 10

    /// Throws for what no role could be assumed by.
    func check(tagLimit: Int) throws(KMSError) {
        try IAMName.check(sessionName, "RoleSessionName", 2...64)
        if let sourceIdentity {
            try IAMName.check(sourceIdentity, "SourceIdentity", 2...64)
            guard !sourceIdentity.lowercased().hasPrefix("aws:") else {
                throw KMSError(.validation, "SourceIdentity cannot begin with aws:; choose another.")
            }
        }
        if let externalID { try IAMName.check(externalID: externalID) }
        guard (900...43_200).contains(duration ?? 900) else {
            throw KMSError(.validation, "DurationSeconds has to be from 900 to 43,200.")
        }
        guard policyARNs.count <= Self.maximumPolicyARNs else {
            throw KMSError(.validation, "PolicyArns can have \(Self.maximumPolicyARNs) members at the most.")
        }
        try IAMTags.check(tags, atMost: tagLimit)
        try IAMTags.check(keys: transitiveTagKeys, atMost: tagLimit)
        let keys = Set(tags.map { $0.key.lowercased() })
        guard transitiveTagKeys.allSatisfy({ keys.contains($0.lowercased()) }) else {
            throw KMSError(.validation, "TransitiveTagKeys can name only keys that are in Tags.")
        }
    }

    /// Throws for an inline policy that is none, or too long.
    func checkPolicy() throws(KMSError) {
        guard let policy else { return }
        guard policy.unicodeScalars.count <= Self.maximumPolicySize else {
            throw KMSError(
                .packedPolicyTooLarge,
                "The session policy has to have \(Self.maximumPolicySize) characters at the most; make it shorter.")
        }
        _ = try PolicyText.parse(policy, as: .identity)
    }
}

/// The tags and the source identity that a session gets: what was asked for, and what goes on from the caller's own
/// session.
struct SessionAttributes: Sendable {
    private(set) var tags: [String: String]
    private(set) var transitiveTagKeys: Set<String>
    let sourceIdentity: String?

    /// - Parameter origin: The session of a role that asks for another.
    init(_ request: AssumeRoleRequest, from origin: Session?) throws(KMSError) {
        tags = Dictionary(request.tags.map { ($0.key, $0.value) }) { first, _ in first }
        // Under the names that the tags have.
        let transitive = Set(request.transitiveTagKeys.map { $0.lowercased() })
        transitiveTagKeys = Set(tags.keys.filter { transitive.contains($0.lowercased()) })
        let inherited = (origin?.tags ?? [:]).filter { origin?.transitiveTagKeys.contains($0.key) == true }
        let own = Set(tags.keys.map { $0.lowercased() })
        for (key, value) in inherited {
            guard !own.contains(key.lowercased()) else {
                throw KMSError(.validation, "The tag \(key) goes on from the calling session and cannot be set anew.")
            }
            tags[key] = value
            transitiveTagKeys.insert(key)
        }
        if let inherited = origin?.sourceIdentity {
            guard request.sourceIdentity == nil || request.sourceIdentity == inherited else {
                throw KMSError(
                    .validation, "The source identity goes on from the calling session and cannot be set anew.")
            }
            sourceIdentity = inherited
        } else {
            sourceIdentity = request.sourceIdentity
        }
    }
}
