import KMSAPIClient

/// The versions of a managed policy, by their ids.
struct PolicyVersions: Hashable, Sendable {
    /// How many a policy can have.
    static let maximum = 5

    /// Those that do not count, oldest first.
    let others: [String]

    init(others: [String] = []) {
        self.others = others
    }

    /// - Parameter versions: As ListPolicyVersions answers them.
    init(_ versions: [XMLElement]) {
        others = versions.filter { $0.text("IsDefaultVersion") != "true" }.compactMap { $0.text("VersionId") }
            .sorted { (Int($0.dropFirst()) ?? 0) < (Int($1.dropFirst()) ?? 0) }
    }

    /// Gives the policy another text; where there is no place for one more, the oldest goes.
    func replacement(of arn: String, _ document: String) -> [QueryCall] {
        let surplus = others.prefix(max(0, others.count + 2 - Self.maximum))
        return surplus.map { QueryCall("DeletePolicyVersion", ["PolicyArn": arn, "VersionId": $0]) } + [
            QueryCall(
                "CreatePolicyVersion",
                ["PolicyArn": arn, "PolicyDocument": document, "SetAsDefault": "true"])
        ]
    }

    func removal(of arn: String) -> [QueryCall] {
        others.map { QueryCall("DeletePolicyVersion", ["PolicyArn": arn, "VersionId": $0]) }
            + [QueryCall("DeletePolicy", ["PolicyArn": arn])]
    }
}
