internal import GRDB
internal import KMSCore

extension Database {
    func save(_ account: Account) throws {
        try run(
            """
            INSERT INTO account (id, name, creation_date) VALUES (:id, CAST(:name AS TEXT), :creation_date)
            ON CONFLICT DO UPDATE SET name = excluded.name, creation_date = excluded.creation_date
            """,
            [
                "id": account.id.description, "name": account.name.exactly,
                "creation_date": account.creationDate.milliseconds,
            ]
        )
    }

    /// Inserts an identity, or replaces it with all that belongs to it.
    func save(_ identity: Identity) throws {
        try remove(identity.key)
        try run(
            """
            INSERT INTO identity (
                account, kind, name, path, unique_id, creation_date, description, trust_policy,
                maximum_session_duration, permissions_boundary
            ) VALUES (
                :account, :kind, CAST(:identity AS TEXT), CAST(:path AS TEXT), :unique_id, :creation_date,
                CAST(:description AS TEXT), CAST(:trust_policy AS TEXT), :maximum_session_duration,
                CAST(:permissions_boundary AS TEXT)
            )
            """,
            identity.key.arguments + [
                "path": identity.path.exactly, "unique_id": identity.uniqueID,
                "creation_date": identity.creationDate.milliseconds, "description": identity.description.exactly,
                "trust_policy": identity.trustPolicy.exactly,
                "maximum_session_duration": identity.maximumSessionDuration,
                "permissions_boundary": identity.permissionsBoundary?.exactly,
            ]
        )
        for (name, document) in identity.inlinePolicies {
            try run(
                """
                INSERT INTO identity_policy (account, kind, identity, name, document)
                VALUES (:account, :kind, CAST(:identity AS TEXT), CAST(:name AS TEXT), CAST(:document AS TEXT))
                """,
                identity.key.arguments + ["name": name.exactly, "document": document.exactly]
            )
        }
        for (position, arn) in identity.attachedPolicies.enumerated() {
            try run(
                """
                INSERT INTO identity_attachment (account, kind, identity, position, policy_arn)
                VALUES (:account, :kind, CAST(:identity AS TEXT), :position, CAST(:policy_arn AS TEXT))
                """,
                identity.key.arguments + ["position": position, "policy_arn": arn.exactly]
            )
        }
        for (arn, id) in identity.trustPrincipals {
            try run(
                """
                INSERT INTO identity_trust_principal (account, kind, identity, arn, unique_id)
                VALUES (:account, :kind, CAST(:identity AS TEXT), CAST(:arn AS TEXT), CAST(:unique_id AS TEXT))
                """,
                identity.key.arguments + ["arn": arn.exactly, "unique_id": id.exactly]
            )
        }
        for (name, value) in identity.tags {
            try run(
                """
                INSERT INTO identity_tag (account, kind, identity, name, value)
                VALUES (:account, :kind, CAST(:identity AS TEXT), CAST(:name AS TEXT), CAST(:value AS TEXT))
                """,
                identity.key.arguments + ["name": name.exactly, "value": value.exactly]
            )
        }
    }

    /// Removes an identity; the foreign keys take its policies, attachments and tags with it. One that is not there is
    /// no error: that is how a retry ends.
    func remove(_ identity: Identity.Key) throws {
        try run(
            "DELETE FROM identity WHERE account = :account AND kind = :kind AND name = CAST(:identity AS TEXT)",
            identity.arguments
        )
    }
}

extension Identity.Key {
    /// What names the identity in a statement: `:account`, `:kind` and `:identity`.
    fileprivate var arguments: StatementArguments {
        ["account": account.description, "kind": kind.rawValue, "identity": name.exactly]
    }
}
