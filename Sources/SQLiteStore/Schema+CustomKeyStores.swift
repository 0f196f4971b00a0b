extension Schema {
    /// Custom key stores, and which key is in which.
    ///
    /// What version 1 says of times, constraints and names holds here too; the words that are checked when they are
    /// read are type, connection_state and connection_error. What only one type has is in a table of that type.
    static let customKeyStores = """
        CREATE TABLE custom_key_store (
            -- Of all accounts and Regions, so that a key can refer to it.
            id               TEXT NOT NULL PRIMARY KEY,
            account          TEXT NOT NULL CHECK (length(account) = 12),
            region           TEXT NOT NULL CHECK (length(region) BETWEEN 1 AND 32),
            name             TEXT NOT NULL,
            type             TEXT NOT NULL,
            creation_date    INTEGER NOT NULL,
            connection_state TEXT NOT NULL,
            -- Null unless the state is FAILED.
            connection_error TEXT,

            UNIQUE (account, region, name)
        ) STRICT, WITHOUT ROWID;

        -- What key stores of type AWS_CLOUDHSM stand on.
        CREATE TABLE custom_key_store_cluster (
            id              TEXT NOT NULL PRIMARY KEY REFERENCES custom_key_store (id) ON DELETE CASCADE,
            -- As the configuration names it. No two key stores have one.
            cluster_id      TEXT NOT NULL UNIQUE,
            trust_anchor    TEXT NOT NULL,
            -- IV, ciphertext and tag, made with the system key "key-store-passwords".
            sealed_password BLOB NOT NULL CHECK (length(sealed_password) >= 28)
        ) STRICT, WITHOUT ROWID;

        -- Null for keys in the server's own token. A key store that has keys cannot be removed.
        ALTER TABLE key ADD COLUMN custom_key_store TEXT REFERENCES custom_key_store (id);
        CREATE INDEX key_by_custom_key_store ON key (custom_key_store) WHERE custom_key_store IS NOT NULL;
        """
}
