package import KMSCore
import SecureMemory
import SigV4

/// A new account, and the access key of its first user: its secret is told this once.
package struct NewAccount: Sendable {
    package let account: Account
    package let administrator: IssuedAccessKey
}

/// Accounts.
extension IdentityStore {
    /// The first user of every account. It may do everything in it.
    package static let firstUser = "administrator"

    /// Makes an account with a user who may do everything in it, and an access key of that one.
    package func createAccount(
        _ id: AccountID, name: String, by context: CallContext
    ) async throws(KMSError) -> NewAccount {
        try IAMName.check(description: name)
        try authorizeOperator("CreateAccount", on: "account/\(id)", by: context)
        try checkThatAccountIsNew(id)
        let now = clock.now
        let account = Account(id: id, name: name, creationDate: now)
        let user = Identity(
            key: Identity.Key(account: id, kind: .user, name: Self.firstUser), uniqueID: UniqueID.new(.user),
            creationDate: now, attachedPolicies: ["arn:aws:iam::aws:policy/AdministratorAccess"])
        let made = try await vault.newAccessKey(for: Principal(account: id, arn: user.arn), at: now)
        let key = made.accessKey
        let credential = made.secret.withExposedBytes { SigningCredential(accessKeyID: key.id, secretAccessKey: $0) }
        try await changes.run { () async throws(KMSError) in
            // The token made the secret while others changed what they liked.
            try checkThatAccountIsNew(id)
            context.draft.note(
                response: .object(
                    ("account", .object(("accountId", .string(id.description)), ("accountName", .string(name)))),
                    ("userName", .string(Self.firstUser)), ("accessKeyId", .string(key.id))))
            try await commit(
                [.saveAccount(account), .saveIdentity(user), .saveAccessKey(key)], opening: credential, by: context)
        }
        return NewAccount(
            account: account,
            administrator: IssuedAccessKey(
                id: key.id, secret: made.takeSecret(), userName: Self.firstUser, creationDate: now))
    }

    package func listAccounts(_ page: PageRequest, by context: CallContext) throws(KMSError) -> Page<Account> {
        try IAMName.check(limit: page)
        try authorizeOperator("ListAccounts", on: "account/*", by: context)
        let accounts = read { $0.accounts.values.sorted { $0.id < $1.id } }
        return try Page(of: accounts, page, list: "ListAccounts", defaultLimit: 100) { $0.id.description }
    }

    private func checkThatAccountIsNew(_ id: AccountID) throws(KMSError) {
        guard read({ $0.accounts[id] }) == nil else {
            throw KMSError(.alreadyExists, "Account with id \(id) already exists.")
        }
    }
}
