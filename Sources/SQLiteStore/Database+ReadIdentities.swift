internal import GRDB
internal import KMSCore

extension Database {
    func readAccounts() throws -> [Account] {
        try rows(
            "SELECT id, CAST(name AS BLOB) AS name, creation_date FROM account ORDER BY id", of: "account",
            keyedBy: ["id"]
        ) { row in
            Account(
                id: try row.account("id"), name: try row.exactText("name"),
                creationDate: try row.timestamp("creation_date")
            )
        }
    }

    /// All identities with what belongs to them, ordered by account, kind and name.
    func readIdentities() throws -> [Identity] {
        var policies = try pairsByOwner(
            """
            SELECT account, kind, CAST(identity AS BLOB) AS identity, CAST(name AS BLOB) AS name,
                CAST(document AS BLOB) AS document
            FROM identity_policy
            """,
            of: "identity_policy", keyedBy: ["account", "kind", "identity", "name"], value: "document"
        ) { try $0.identityKey("identity") }
        var attachments = try rowsByOwner(
            """
            SELECT account, kind, CAST(identity AS BLOB) AS identity, position, CAST(policy_arn AS BLOB) AS policy_arn
            FROM identity_attachment ORDER BY position
            """,
            of: "identity_attachment", keyedBy: ["account", "kind", "identity", "position"],
            owner: { try $0.identityKey("identity") }
        ) { try $0.exactText("policy_arn") }
        var principals = try pairsByOwner(
            """
            SELECT account, kind, CAST(identity AS BLOB) AS identity, CAST(arn AS BLOB) AS arn,
                CAST(unique_id AS BLOB) AS unique_id
            FROM identity_trust_principal
            """,
            of: "identity_trust_principal", keyedBy: ["account", "kind", "identity", "arn"], name: "arn",
            value: "unique_id"
        ) { try $0.identityKey("identity") }
        var tags = try pairsByOwner(
            """
            SELECT account, kind, CAST(identity AS BLOB) AS identity, CAST(name AS BLOB) AS name,
                CAST(value AS BLOB) AS value
            FROM identity_tag
            """,
            of: "identity_tag", keyedBy: ["account", "kind", "identity", "name"]
        ) { try $0.identityKey("identity") }
        let identities = try rows(
            """
            SELECT account, kind, CAST(name AS BLOB) AS name, CAST(path AS BLOB) AS path, unique_id, creation_date,
                CAST(description AS BLOB) AS description, CAST(trust_policy AS BLOB) AS trust_policy,
                maximum_session_duration, CAST(permissions_boundary AS BLOB) AS permissions_boundary
            FROM identity ORDER BY account, kind, identity.name
            """,
            of: "identity", keyedBy: ["account", "kind", "name"]
        ) { row in
            let key = try row.identityKey("name")
            return Identity(
                key: key, path: try row.exactText("path"), uniqueID: try row.text("unique_id"),
                creationDate: try row.timestamp("creation_date"), description: try row.exactText("description"),
                trustPolicy: try row.exactText("trust_policy"),
                trustPrincipals: principals.removeValue(forKey: key) ?? [:],
                maximumSessionDuration: try row.count("maximum_session_duration"),
                inlinePolicies: policies.removeValue(forKey: key) ?? [:],
                attachedPolicies: attachments.removeValue(forKey: key) ?? [],
                permissionsBoundary: try row.optional("permissions_boundary", row.exactText),
                tags: tags.removeValue(forKey: key) ?? [:]
            )
        }
        try refuseOrphans(policies.keys.map(\.text), of: "identity_policy", in: "identity")
        try refuseOrphans(attachments.keys.map(\.text), of: "identity_attachment", in: "identity")
        try refuseOrphans(principals.keys.map(\.text), of: "identity_trust_principal", in: "identity")
        try refuseOrphans(tags.keys.map(\.text), of: "identity_tag", in: "identity")
        return identities
    }
}

extension StoredRow {
    fileprivate func identityKey(_ column: String) throws -> Identity.Key {
        Identity.Key(
            account: try account("account"), kind: try parsed("kind", Identity.Kind(rawValue: text("kind"))),
            name: try exactText(column)
        )
    }
}

extension Identity.Key {
    /// For an operator's log: the name is escaped.
    fileprivate var text: String { "the \(kind.rawValue) \(name.debugDescription) of account \(account)" }
}
