import KMSCore

/// What an action of IAM is done to.
struct IAMResource {
    /// As far as the caller has named it: what is decided on when it is not there.
    let namedARN: String
    /// What a refusal calls it: no more than the caller has said.
    let label: String
    /// What it really is, if it is there.
    var actual: Actual?

    struct Actual {
        let arn: String
        /// By keys in lower case.
        let tags: [String: String]
        let boundary: String?

        init(arn: String, tags: [String: String] = [:], boundary: String? = nil) {
            self.arn = arn
            self.tags = Dictionary(tags.map { ($0.key.lowercased(), $0.value) }) { first, _ in first }
            self.boundary = boundary
        }
    }

    /// A user or role that was named without its path.
    static func identity(_ name: IdentityName, in account: AccountID, _ entry: IdentityEntry?) -> IAMResource {
        IAMResource(
            namedARN: "arn:aws:iam::\(account):\(name.kind.rawValue)/\(name.name)",
            label: "\(name.kind.rawValue) \(name.name)",
            actual: entry.map { entry in
                Actual(
                    arn: entry.identity.arn, tags: entry.identity.tags, boundary: entry.identity.permissionsBoundary)
            })
    }

    static func policy(_ arn: String, _ entry: PolicyEntry?) -> IAMResource {
        IAMResource(
            namedARN: arn, label: "policy \(arn)",
            actual: entry.map { Actual(arn: $0.arn, tags: $0.policy?.tags ?? [:]) })
    }

    /// One that is named by its ARN, or is yet to be made.
    static func arn(_ arn: String) -> IAMResource {
        IAMResource(namedARN: arn, label: arn)
    }
}
