/// An account: what keys and identities belong to.
public struct Account: Hashable, Sendable {
    public let id: AccountID
    /// What its operator calls it.
    public var name: String
    public let creationDate: Timestamp

    public init(id: AccountID, name: String, creationDate: Timestamp) {
        self.id = id
        self.name = name
        self.creationDate = creationDate
    }

    /// `arn:aws:iam::111122223333:root`: the account's root, and in policies all of the account.
    package var rootARN: String { id.rootARN }
}

extension AccountID {
    package var rootARN: String { "arn:aws:iam::\(self):root" }
}
