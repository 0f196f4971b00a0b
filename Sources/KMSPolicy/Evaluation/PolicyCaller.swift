/// Who asks, as policies see it.
package struct PolicyCaller: Hashable, Sendable {
    package enum Kind: Hashable, Sendable {
        /// The account itself, which may do everything that its key policies delegate to identity policies.
        case root
        case user
        case roleSession
        case federatedUser
        /// A service in its own name, such as `logs.amazonaws.com`.
        case service(String)
    }

    package let kind: Kind
    /// 12 digits.
    package let account: String
    /// `arn:aws:iam::A:user/path/N`, `arn:aws:sts::A:assumed-role/R/S`, `arn:aws:iam::A:root`.
    package let arn: String
    /// `aws:userid`: `AIDA…`, `AROA…:S`, the account's id for its root.
    package let userID: String
    /// Of a session, the ARN of its role, `arn:aws:iam::A:role/path/R`, or of its user.
    package let issuerARN: String?
    /// Of a session, the unique id of its role, `AROA…`.
    package let issuerID: String?

    package init(
        kind: Kind, account: String, arn: String, userID: String, issuerARN: String? = nil, issuerID: String? = nil
    ) {
        self.kind = kind
        self.account = account
        self.arn = arn
        self.userID = userID
        self.issuerARN = issuerARN
        self.issuerID = issuerID
    }

    /// What `aws:PrincipalArn` is: a session's is its role's.
    package var principalARN: String { kind == .roleSession ? issuerARN ?? arn : arn }
}

/// The policies that go with a caller wherever it goes.
package struct CallerPolicies: Sendable {
    /// Inline and attached ones: the caller may do what any of them allows.
    package var identity: [CompiledPolicy]
    /// What the caller may do at the most, whatever its identity policies allow.
    package var boundary: CompiledPolicy?
    /// What the session may do at the most; nil for what is no session, or one without a policy of its own.
    package var session: [CompiledPolicy]?

    package init(
        identity: [CompiledPolicy] = [], boundary: CompiledPolicy? = nil, session: [CompiledPolicy]? = nil
    ) {
        self.identity = identity
        self.boundary = boundary
        self.session = session
    }
}
