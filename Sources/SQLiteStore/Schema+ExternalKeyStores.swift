extension Schema {
    /// Custom key stores of type EXTERNAL_KEY_STORE, and which external key a key stands on.
    ///
    /// What version 1 says of times, constraints and names holds here too.
    static let externalKeyStores = """
        CREATE TABLE custom_key_store_proxy (
            id            TEXT NOT NULL PRIMARY KEY REFERENCES custom_key_store (id) ON DELETE CASCADE,
            uri_endpoint  TEXT NOT NULL CHECK (length(uri_endpoint) BETWEEN 10 AND 128),
            uri_path      TEXT NOT NULL CHECK (length(uri_path) BETWEEN 10 AND 128),
            access_key_id TEXT NOT NULL CHECK (length(access_key_id) BETWEEN 20 AND 30),
            -- IV, ciphertext and tag, made with the system key "key-store-passwords".
            sealed_secret BLOB NOT NULL CHECK (length(sealed_secret) >= 28)
        ) STRICT, WITHOUT ROWID;

        -- XksKeyId. Null for keys of any origin but EXTERNAL_KEY_STORE.
        ALTER TABLE key ADD COLUMN xks_key_id TEXT
            CHECK (xks_key_id IS NULL OR (custom_key_store IS NOT NULL AND length(xks_key_id) BETWEEN 1 AND 128));
        CREATE UNIQUE INDEX key_by_xks_key_id ON key (custom_key_store, xks_key_id) WHERE xks_key_id IS NOT NULL;
        """
}
