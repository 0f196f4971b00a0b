package import KMSCore

/// What is the server's and no account's: accounts, and services. AWS has no actions for it; these are our own, and
/// only callers of the server's first account can be allowed them.
extension IdentityStore {
    /// Makes an account, or gives it another name. For the server's own commands: nobody is asked whether it may be.
    package func createAccount(_ id: AccountID, name: String) async throws(KMSError) {
        try IAMName.check(description: name)
        try await changes.run { () async throws(KMSError) in
            let known = read { $0.accounts[id] }
            var account = known ?? Account(id: id, name: name, creationDate: clock.now)
            account.name = name
            if account != known { try await prepare([.saveAccount(account)]) }
        }
    }

    /// The account of the server's operator: the one that it was told of, or the one that was made first.
    var firstAccount: AccountID? {
        operatorAccount
            ?? read { table in
                table.accounts.values.min { ($0.creationDate, $0.id) < ($1.creationDate, $1.id) }?.id
            }
    }

    /// Throws `accessDenied` unless the caller may do `action`, as in `strongroom:CreateAccount`, and is of the first
    /// account.
    ///
    /// - Parameter resource: As in `account/222233334444`.
    func authorizeOperator(_ action: String, on resource: String, by context: CallContext) throws(KMSError) {
        let arn = "arn:aws:strongroom::\(context.principal.account):\(resource)"
        try authorize("strongroom:" + action, on: .arn(arn), by: context)
        guard context.principal.account == firstAccount else {
            throw .accessDenied(
                "strongroom:" + action, on: arn, by: context,
                because: "because it is for callers of the server's first account alone")
        }
    }
}
