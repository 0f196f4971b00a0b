package import KMSCore

/// What AssumeRole is asked for.
package struct AssumeRoleRequest: Sendable {
    /// A role's; from a service also that of a user or of a role's session, for whom it then calls.
    package var roleARN: String
    package var sessionName: String
    /// In seconds; nil for an hour.
    package var duration: Int?
    /// What the session may do at the most.
    package var policy: String?
    /// ARNs of managed policies, likewise.
    package var policyARNs: [String] = []
    package var tags: [Tag] = []
    /// The keys of those tags that sessions got by this one inherit.
    package var transitiveTagKeys: [String] = []
    package var externalID: String?
    package var sourceIdentity: String?
    package var multiFactor: MultiFactorCode?

    package init(roleARN: String, sessionName: String) {
        self.roleARN = roleARN
        self.sessionName = sessionName
    }
}

/// A code of a multi-factor device of the caller's.
package struct MultiFactorCode: Sendable {
    package let serialNumber: String
    /// Six digits.
    package let code: String

    package init(serialNumber: String, code: String) {
        self.serialNumber = serialNumber
        self.code = code
    }
}

package struct AssumedRole: Sendable {
    package let credentials: TemporaryCredentials
    /// `arn:aws:sts::A:assumed-role/R/S`; the user's of a forward session for a user.
    package let arn: String
    /// `AROA…:S`
    package let userID: String
    /// In per cent of what policies and tags of a session may take; nil when it has none.
    package let packedPolicySize: Int?
    package let sourceIdentity: String?
}

/// What GetCallerIdentity answers.
package struct CallerDescription: Hashable, Sendable {
    package let userID: String
    package let account: AccountID
    package let arn: String
}
