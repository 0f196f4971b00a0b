extension Schema {
    /// The part of ``version3`` that is about policies with ARNs of their own, devices and sessions, and the outbox.
    static let version3Credentials = """
        CREATE TABLE managed_policy (
            account         TEXT NOT NULL CHECK (length(account) = 12),
            name            TEXT NOT NULL,
            path            TEXT NOT NULL,
            unique_id       TEXT NOT NULL UNIQUE,
            description     TEXT NOT NULL,
            -- The id of one of its versions.
            default_version TEXT NOT NULL,
            creation_date   INTEGER NOT NULL,
            update_date     INTEGER NOT NULL,

            PRIMARY KEY (account, name)
        ) STRICT, WITHOUT ROWID;

        CREATE UNIQUE INDEX managed_policy_by_name_in_any_case ON managed_policy (account, lower(name));

        CREATE TABLE managed_policy_version (
            account       TEXT NOT NULL,
            policy        TEXT NOT NULL,
            id            TEXT NOT NULL,
            position      INTEGER NOT NULL CHECK (position >= 0),
            document      TEXT NOT NULL,
            creation_date INTEGER NOT NULL,

            PRIMARY KEY (account, policy, id),
            UNIQUE (account, policy, position),
            FOREIGN KEY (account, policy) REFERENCES managed_policy (account, name) ON DELETE CASCADE
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE managed_policy_tag (
            account TEXT NOT NULL,
            policy  TEXT NOT NULL,
            name    TEXT NOT NULL,
            value   TEXT NOT NULL,

            PRIMARY KEY (account, policy, name),
            FOREIGN KEY (account, policy) REFERENCES managed_policy (account, name) ON DELETE CASCADE
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE mfa_device (
            account       TEXT NOT NULL CHECK (length(account) = 12),
            name          TEXT NOT NULL,
            -- Null until it is enabled.
            user          TEXT,
            -- IV, ciphertext and tag, made with the system key "credentials".
            sealed_secret BLOB NOT NULL CHECK (length(sealed_secret) >= 28),
            creation_date INTEGER NOT NULL,
            enable_date   INTEGER,
            -- The time step of the last code that was taken.
            last_step     INTEGER NOT NULL,

            PRIMARY KEY (account, name)
        ) STRICT, WITHOUT ROWID;

        -- Temporary credentials. The identity may be gone: then the session has no permissions.
        CREATE TABLE session (
            -- The access key id.
            id                TEXT NOT NULL PRIMARY KEY,
            kind              TEXT NOT NULL,
            account           TEXT NOT NULL CHECK (length(account) = 12),
            -- The unique id of the identity, or the account's id.
            issuer_id         TEXT NOT NULL,
            arn               TEXT NOT NULL,
            name              TEXT NOT NULL,
            -- IV, ciphertext and tag, made with the system key "credentials".
            sealed_secret     BLOB NOT NULL CHECK (length(sealed_secret) >= 28),
            creation_date     INTEGER NOT NULL,
            expiration_date   INTEGER NOT NULL,
            -- Null if no multi-factor code was given.
            multi_factor_date INTEGER,
            source_identity   TEXT,
            via_service       TEXT,
            requester         TEXT NOT NULL
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE session_policy (
            session_id TEXT NOT NULL REFERENCES session (id) ON DELETE CASCADE,
            position   INTEGER NOT NULL CHECK (position >= 0),
            document   TEXT NOT NULL,

            PRIMARY KEY (session_id, position)
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE session_tag (
            session_id    TEXT NOT NULL REFERENCES session (id) ON DELETE CASCADE,
            name          TEXT NOT NULL,
            value         TEXT NOT NULL,
            -- Whether sessions got by this one inherit it.
            is_transitive INTEGER NOT NULL CHECK (is_transitive IN (0, 1)),

            PRIMARY KEY (session_id, name)
        ) STRICT, WITHOUT ROWID;

        -- What was written with the change that it tells of, until it has been handed on.
        CREATE TABLE outbox (
            -- The order of writing: AUTOINCREMENT, so that no number is given twice.
            number INTEGER PRIMARY KEY AUTOINCREMENT,
            id     TEXT NOT NULL UNIQUE,
            queue  TEXT NOT NULL,
            -- One JSON object.
            body   BLOB NOT NULL,
            date   INTEGER NOT NULL
        ) STRICT;
        """
}
