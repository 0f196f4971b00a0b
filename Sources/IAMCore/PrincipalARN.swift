import KMSCore

/// The ARN of somebody who can call, taken apart.
enum PrincipalARN: Hashable {
    /// `arn:aws:iam::111122223333:root`, or the account's id alone.
    case root(AccountID)
    /// `arn:aws:iam::111122223333:user/path/NAME`, or a role's.
    case identity(IdentityName, account: AccountID)
    /// `arn:aws:sts::111122223333:assumed-role/ROLE/SESSION`
    case roleSession(role: String, session: String, account: AccountID)

    init?(_ text: String) {
        if let account = AccountID(text) {
            self = .root(account)
            return
        }
        let parts = text.split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false)
        guard parts.count == 6, parts[0] == "arn", parts[1] == "aws", parts[3].isEmpty,
            let account = AccountID(parts[4])
        else { return nil }
        let resource = parts[5].split(separator: "/", omittingEmptySubsequences: false)
        switch (parts[2], resource[0]) {
        case ("iam", "root") where resource.count == 1:
            self = .root(account)
        case ("iam", "user"), ("iam", "role"):
            guard resource.count >= 2, let kind = Identity.Kind(rawValue: String(resource[0])),
                let name = resource.last, !name.isEmpty
            else { return nil }
            self = .identity(IdentityName(kind, String(name)), account: account)
        case ("sts", "assumed-role"):
            guard resource.count == 3, !resource[1].isEmpty, !resource[2].isEmpty else { return nil }
            self = .roleSession(role: String(resource[1]), session: String(resource[2]), account: account)
        default:
            return nil
        }
    }
}
