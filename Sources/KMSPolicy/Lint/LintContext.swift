/// What is known beside the policy; every part may be unknown.
package struct LintContext: Sendable {
    /// Whose policy it is: 12 digits.
    package var account: String?
    /// Of the key that the policy is on.
    package var keyARN: String?
    /// Accounts that may be named beside the own one; nil when nobody said.
    package var trustedAccounts: Set<String>?
    /// The ARNs of the identities that the account has; nil when nobody knows.
    package var identities: Set<String>?

    package init(
        account: String? = nil, keyARN: String? = nil, trustedAccounts: Set<String>? = nil,
        identities: Set<String>? = nil
    ) {
        self.account = account ?? keyARN.flatMap(ARNText.account)
        self.keyARN = keyARN
        self.trustedAccounts = trustedAccounts
        self.identities = identities
    }
}

/// Reads the parts of ARNs, as far as the linter needs them.
enum ARNText {
    static func parts(_ arn: String) -> [Substring]? {
        let parts = arn.split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false)
        return parts.count == 6 && parts[0] == "arn" ? parts : nil
    }

    static func account(_ arn: String) -> String? {
        guard let account = parts(arn)?[4], account.utf8.count == 12, account.allSatisfy(\.isWholeNumber) else {
            return nil
        }
        return String(account)
    }

    /// What stands behind the fifth colon, as in `role/path/name`.
    static func resource(_ arn: String) -> Substring? {
        parts(arn)?[5]
    }
}
