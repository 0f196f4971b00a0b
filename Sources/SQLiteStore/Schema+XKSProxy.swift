extension Schema {
    /// The XKS proxy: its stores, what their requests are signed with, and which keys they expose.
    ///
    /// What version 1 says of times, constraints and names holds here too.
    static let xksProxy = """
        CREATE TABLE xks_store (
            prefix              TEXT NOT NULL PRIMARY KEY CHECK (length(prefix) BETWEEN 1 AND 116),
            account             TEXT NOT NULL CHECK (length(account) = 12),
            region              TEXT NOT NULL CHECK (length(region) BETWEEN 1 AND 32),
            is_enabled          INTEGER NOT NULL CHECK (is_enabled IN (0, 1)),
            -- Zero is without limit.
            requests_per_second INTEGER NOT NULL CHECK (requests_per_second >= 0),
            -- Null for a store that trusts the key policies of AWS KMS.
            policy              TEXT,
            creation_date       INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE xks_credential (
            id            TEXT NOT NULL PRIMARY KEY CHECK (length(id) BETWEEN 20 AND 30),
            prefix        TEXT NOT NULL REFERENCES xks_store (prefix) ON DELETE CASCADE,
            sealed_secret BLOB NOT NULL,
            creation_date INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;

        CREATE INDEX xks_credential_by_store ON xks_credential (prefix);

        -- A key of the proxy's, by what its callers know it by. Without a foreign key to xks_store: what is exposed
        -- under a prefix that is not there is exposed to nobody.
        CREATE TABLE key_exposure (
            account      TEXT NOT NULL,
            region       TEXT NOT NULL,
            key_id       TEXT NOT NULL,
            prefix       TEXT NOT NULL,
            external_id  TEXT NOT NULL,
            may_encrypt  INTEGER NOT NULL CHECK (may_encrypt IN (0, 1)),
            may_decrypt  INTEGER NOT NULL CHECK (may_decrypt IN (0, 1)),

            PRIMARY KEY (account, region, key_id),
            UNIQUE (prefix, external_id),
            FOREIGN KEY (account, region, key_id) REFERENCES key (account, region, id) ON DELETE CASCADE
        ) STRICT, WITHOUT ROWID;
        """
}
