internal import GRDB
internal import KMSCore

extension Schema {
    /// Makes an account of each that has keys or access keys, and a user of each that has an access key, with all
    /// rights: until version 3 whoever had one could do everything, and an upgrade locks nobody out.
    ///
    /// In statements of its own, and not by what saves an ``Identity``: a later version's tables are not there yet.
    static func populateVersion3(_ db: Database) throws {
        try db.execute(
            sql: """
                INSERT INTO account (id, name, creation_date)
                SELECT id, '', min(creation_date) FROM (
                    SELECT account AS id, creation_date FROM key
                    UNION ALL SELECT principal_account, creation_date FROM access_key
                )
                GROUP BY id
                """
        )
        let principals = try Row.fetchAll(
            db,
            sql: """
                SELECT principal_account, CAST(principal_arn AS BLOB) AS principal_arn,
                    min(creation_date) AS creation_date
                FROM access_key GROUP BY principal_account, access_key.principal_arn ORDER BY 3, 1, 2
                """
        )
        for row in principals {
            let row = StoredRow(row, of: "access_key", keyedBy: ["principal_account", "principal_arn"])
            let account = try row.text("principal_account")
            guard let user = UserName(arn: try row.exactText("principal_arn"), account: account) else { continue }
            try insert(user, in: account, createdAt: row.timestamp("creation_date"), db)
        }
    }

    private static func insert(
        _ user: UserName, in account: String, createdAt date: Timestamp, _ db: Database
    ) throws {
        let name: StatementArguments = ["account": account, "name": user.name.exactly]
        try db.execute(
            sql: """
                INSERT INTO identity (
                    account, kind, name, path, unique_id, creation_date, description, trust_policy,
                    maximum_session_duration, permissions_boundary
                ) VALUES (
                    :account, 'user', CAST(:name AS TEXT), CAST(:path AS TEXT), :unique_id, :creation_date, '', '',
                    3600, NULL
                )
                """,
            arguments: name + [
                "path": user.path.exactly, "unique_id": newUserID(), "creation_date": date.milliseconds,
            ]
        )
        try db.execute(
            sql: """
                INSERT INTO identity_attachment (account, kind, identity, position, policy_arn)
                VALUES (:account, 'user', CAST(:name AS TEXT), 0, 'arn:aws:iam::aws:policy/AdministratorAccess')
                """,
            arguments: name
        )
    }

    /// AIDA and 17 characters of base32, as AWS's are.
    private static func newUserID() -> String {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")
        return "AIDA" + String((0..<17).map { _ in alphabet[Int.random(in: 0..<32)] })
    }
}

/// The user of `arn:aws:iam::111122223333:user/path/NAME`.
private struct UserName {
    /// Begins and ends with a slash.
    let path: String
    let name: String

    /// Nil if `arn` is something else's, such as the root's, or of another account.
    init?(arn: String, account: String) {
        let prefix = "arn:aws:iam::\(account):user/"
        guard arn.hasPrefix(prefix), let slash = arn.lastIndex(of: "/") else { return nil }
        let start = arn.index(before: arn.index(arn.startIndex, offsetBy: prefix.count))
        path = String(arn[start...slash])
        name = String(arn[arn.index(after: slash)...])
        guard !name.isEmpty else { return nil }
    }
}
