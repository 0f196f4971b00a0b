extension Schema {
    /// Grants, accounts and identities. With ``version3Credentials`` and ``populateVersion3(_:)`` it is the whole step.
    ///
    /// What version 1 says of times, constraints and names holds here too; the words that are checked when they are
    /// read are kind, constraint_kind and queue. Names of identities and of managed policies differ in more than case,
    /// so beside the primary key, which is exact, each has an index on its name in lower case: names are ASCII, and so
    /// is SQLite's `lower`. A position counts from 0 and keeps an order.
    static let version3 = """
        -- DER SubjectPublicKeyInfo; empty for a secret key.
        ALTER TABLE system_key ADD COLUMN public_key BLOB NOT NULL DEFAULT x'';

        -- Whom the ARNs in a key policy meant when it was set, by their unique ids.
        CREATE TABLE key_policy_principal (
            account   TEXT NOT NULL,
            region    TEXT NOT NULL,
            key_id    TEXT NOT NULL,
            arn       TEXT NOT NULL,
            unique_id TEXT NOT NULL,

            PRIMARY KEY (account, region, key_id, arn),
            FOREIGN KEY (account, region, key_id) REFERENCES key (account, region, id) ON DELETE CASCADE
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE key_grant (
            account                       TEXT NOT NULL,
            region                        TEXT NOT NULL,
            key_id                        TEXT NOT NULL,
            id                            TEXT NOT NULL CHECK (length(id) = 64),
            -- Empty if it was given none.
            name                          TEXT NOT NULL,
            creation_date                 INTEGER NOT NULL,
            grantee_principal             TEXT NOT NULL,
            is_for_service                INTEGER NOT NULL CHECK (is_for_service IN (0, 1)),
            grantee_id                    TEXT,
            retiring_principal            TEXT,
            retiring_principal_is_service INTEGER NOT NULL CHECK (retiring_principal_is_service IN (0, 1)),
            retiring_id                   TEXT,
            issuing_account               TEXT NOT NULL,
            -- Null for a grant without a constraint on the encryption context.
            constraint_kind               TEXT,
            source_arn                    TEXT,

            -- It begins with the key, for the cascade from there.
            PRIMARY KEY (account, region, key_id, id),
            FOREIGN KEY (account, region, key_id) REFERENCES key (account, region, id) ON DELETE CASCADE
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE key_grant_operation (
            account   TEXT NOT NULL,
            region    TEXT NOT NULL,
            key_id    TEXT NOT NULL,
            grant_id  TEXT NOT NULL,
            operation TEXT NOT NULL,

            PRIMARY KEY (account, region, key_id, grant_id, operation),
            FOREIGN KEY (account, region, key_id, grant_id)
                REFERENCES key_grant (account, region, key_id, id) ON DELETE CASCADE
        ) STRICT, WITHOUT ROWID;

        -- The pairs of the encryption context that a grant's constraint asks for.
        CREATE TABLE key_grant_context (
            account  TEXT NOT NULL,
            region   TEXT NOT NULL,
            key_id   TEXT NOT NULL,
            grant_id TEXT NOT NULL,
            name     TEXT NOT NULL,
            value    TEXT NOT NULL,

            PRIMARY KEY (account, region, key_id, grant_id, name),
            FOREIGN KEY (account, region, key_id, grant_id)
                REFERENCES key_grant (account, region, key_id, id) ON DELETE CASCADE
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE account (
            id            TEXT NOT NULL PRIMARY KEY CHECK (length(id) = 12),
            name          TEXT NOT NULL,
            creation_date INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE identity (
            account                  TEXT NOT NULL CHECK (length(account) = 12),
            kind                     TEXT NOT NULL,
            name                     TEXT NOT NULL,
            path                     TEXT NOT NULL,
            -- No two, whatever their kinds, may ever share one: policies are bound to it.
            unique_id                TEXT NOT NULL UNIQUE,
            creation_date            INTEGER NOT NULL,
            description              TEXT NOT NULL,
            trust_policy             TEXT NOT NULL,
            -- In seconds.
            maximum_session_duration INTEGER NOT NULL CHECK (maximum_session_duration > 0),
            permissions_boundary     TEXT,

            PRIMARY KEY (account, kind, name)
        ) STRICT, WITHOUT ROWID;

        CREATE UNIQUE INDEX identity_by_name_in_any_case ON identity (account, kind, lower(name));

        CREATE TABLE identity_policy (
            account  TEXT NOT NULL,
            kind     TEXT NOT NULL,
            identity TEXT NOT NULL,
            name     TEXT NOT NULL,
            document TEXT NOT NULL,

            PRIMARY KEY (account, kind, identity, name),
            FOREIGN KEY (account, kind, identity) REFERENCES identity (account, kind, name) ON DELETE CASCADE
        ) STRICT, WITHOUT ROWID;

        -- Without a foreign key to managed_policy: some are built in and have no row.
        CREATE TABLE identity_attachment (
            account    TEXT NOT NULL,
            kind       TEXT NOT NULL,
            identity   TEXT NOT NULL,
            position   INTEGER NOT NULL CHECK (position >= 0),
            policy_arn TEXT NOT NULL,

            PRIMARY KEY (account, kind, identity, position),
            FOREIGN KEY (account, kind, identity) REFERENCES identity (account, kind, name) ON DELETE CASCADE
        ) STRICT, WITHOUT ROWID;

        -- Whom the ARNs in a role's trust policy meant when it was set, by their unique ids.
        CREATE TABLE identity_trust_principal (
            account   TEXT NOT NULL,
            kind      TEXT NOT NULL,
            identity  TEXT NOT NULL,
            arn       TEXT NOT NULL,
            unique_id TEXT NOT NULL,

            PRIMARY KEY (account, kind, identity, arn),
            FOREIGN KEY (account, kind, identity) REFERENCES identity (account, kind, name) ON DELETE CASCADE
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE identity_tag (
            account  TEXT NOT NULL,
            kind     TEXT NOT NULL,
            identity TEXT NOT NULL,
            name     TEXT NOT NULL,
            value    TEXT NOT NULL,

            PRIMARY KEY (account, kind, identity, name),
            FOREIGN KEY (account, kind, identity) REFERENCES identity (account, kind, name) ON DELETE CASCADE
        ) STRICT, WITHOUT ROWID;
        """
}
