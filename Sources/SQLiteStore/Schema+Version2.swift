extension Schema {
    /// Rotation, imported material, key pairs, keys of the server's own making, and when a key was last used.
    ///
    /// What version 1 says of times, constraints and names holds here too; the words that are checked when they are
    /// read are manager, stage, rotation_kind, import_place and spec. The defaults are what was true of every key
    /// before: a secret key of a customer's, made in the token and never rotated. A creation or deletion that an older
    /// version left unfinished is told by its key's lifecycle, as ever.
    static let version2 = """
        ALTER TABLE key ADD COLUMN manager TEXT NOT NULL DEFAULT 'CUSTOMER';
        -- In days; null while automatic rotation is off.
        ALTER TABLE key ADD COLUMN rotation_period INTEGER CHECK (rotation_period > 0);
        ALTER TABLE key ADD COLUMN next_rotation_date INTEGER;
        ALTER TABLE key ADD COLUMN on_demand_rotations INTEGER NOT NULL DEFAULT 0 CHECK (on_demand_rotations >= 0);

        -- Whether the token has the object.
        ALTER TABLE key_material ADD COLUMN stage TEXT NOT NULL DEFAULT 'present';
        -- DER SubjectPublicKeyInfo; empty for a secret key.
        ALTER TABLE key_material ADD COLUMN public_key BLOB NOT NULL DEFAULT x'';
        ALTER TABLE key_material ADD COLUMN is_pending_rotation INTEGER NOT NULL DEFAULT 0
            CHECK (is_pending_rotation IN (0, 1));
        -- How and when a rotation made the material current; both null for what its key began with.
        ALTER TABLE key_material ADD COLUMN rotation_date INTEGER;
        ALTER TABLE key_material ADD COLUMN rotation_kind TEXT
            CONSTRAINT rotation_is_whole CHECK ((rotation_kind IS NULL) = (rotation_date IS NULL));
        -- All three null for material that was never imported; valid_to is null, too, for what does not expire.
        ALTER TABLE key_material ADD COLUMN import_valid_to INTEGER;
        ALTER TABLE key_material ADD COLUMN import_description TEXT;
        ALTER TABLE key_material ADD COLUMN import_place TEXT
            CONSTRAINT import_is_whole CHECK (
                (import_place IS NULL) = (import_description IS NULL)
                AND (import_place IS NOT NULL OR import_valid_to IS NULL)
            );

        -- A key pair in the token, to wrap the material of one key for its import. Without a foreign key to key: the
        -- row is what remembers the object until it is destroyed, even when the key is gone.
        CREATE TABLE wrapping_key (
            -- The PKCS#11 id.
            object_id   BLOB NOT NULL PRIMARY KEY CHECK (length(object_id) = 16),
            -- Empty until the token has made the pair.
            check_value BLOB NOT NULL,
            -- DER SubjectPublicKeyInfo.
            public_key  BLOB NOT NULL,
            account     TEXT NOT NULL CHECK (length(account) = 12),
            region      TEXT NOT NULL CHECK (length(region) BETWEEN 1 AND 32),
            key_id      TEXT NOT NULL CHECK (length(key_id) = 36),
            spec        TEXT NOT NULL,
            -- When the pair is destroyed.
            valid_to    INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;

        -- The last successful cryptographic operation with a key. Not in table key: it changes often, and a key that
        -- is saved from an older image must not undo it.
        CREATE TABLE key_last_usage (
            account    TEXT NOT NULL,
            region     TEXT NOT NULL,
            key_id     TEXT NOT NULL,
            operation  TEXT NOT NULL,
            date       INTEGER NOT NULL,
            request_id TEXT NOT NULL,

            PRIMARY KEY (account, region, key_id),
            FOREIGN KEY (account, region, key_id) REFERENCES key (account, region, id) ON DELETE CASCADE
        ) STRICT, WITHOUT ROWID;
        """
}
