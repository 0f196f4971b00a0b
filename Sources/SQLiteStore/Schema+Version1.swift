extension Schema {
    /// The first schema.
    ///
    /// - Times are milliseconds since 1970-01-01T00:00:00Z.
    /// - Constraints state what will always hold: sizes, ranges and what belongs to what. Words that later versions
    ///   may add to (lifecycle, usage, origin, spec) are checked when they are read instead, because SQLite can change
    ///   a constraint only by writing the table anew.
    /// - Names of a key are spelled out in every table, so that each can be read by itself.
    static let version1 = """
        CREATE TABLE key (
            account          TEXT NOT NULL CHECK (length(account) = 12),
            region           TEXT NOT NULL CHECK (length(region) BETWEEN 1 AND 32),
            id               TEXT NOT NULL CHECK (length(id) = 36),
            spec             TEXT NOT NULL,
            usage            TEXT NOT NULL,
            origin           TEXT NOT NULL,
            lifecycle        TEXT NOT NULL,
            description      TEXT NOT NULL,
            policy           TEXT NOT NULL,
            creation_date    INTEGER NOT NULL,
            deletion_date    INTEGER,
            -- The number of the material that encrypts; null while there is none.
            current_material INTEGER,

            PRIMARY KEY (account, region, id),
            FOREIGN KEY (account, region, id, current_material)
                REFERENCES key_material (account, region, key_id, number)
        ) STRICT;

        -- One version of a key's secret. The secret itself is in the token, under object_id.
        CREATE TABLE key_material (
            account              TEXT NOT NULL,
            region               TEXT NOT NULL,
            key_id               TEXT NOT NULL,
            number               INTEGER NOT NULL CHECK (number BETWEEN 1 AND 4294967295),
            -- The KeyMaterialId that AWS KMS shows.
            id                   BLOB NOT NULL CHECK (length(id) = 32),
            -- The PKCS#11 id. No two keys may ever share an object: to destroy one would destroy the other.
            object_id            BLOB NOT NULL UNIQUE CHECK (length(object_id) = 16),
            -- Empty until the token has made the object.
            check_value          BLOB NOT NULL,
            creation_date        INTEGER NOT NULL,
            -- How many encryptions are accounted for: at least as many as were made.
            reserved_encryptions INTEGER NOT NULL CHECK (reserved_encryptions >= 0),

            PRIMARY KEY (account, region, key_id, number),
            FOREIGN KEY (account, region, key_id) REFERENCES key (account, region, id) ON DELETE CASCADE
        ) STRICT;

        CREATE TABLE key_tag (
            account TEXT NOT NULL,
            region  TEXT NOT NULL,
            key_id  TEXT NOT NULL,
            name    TEXT NOT NULL,
            value   TEXT NOT NULL,

            PRIMARY KEY (account, region, key_id, name),
            FOREIGN KEY (account, region, key_id) REFERENCES key (account, region, id) ON DELETE CASCADE
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE alias (
            account           TEXT NOT NULL,
            region            TEXT NOT NULL,
            -- With its "alias/".
            name              TEXT NOT NULL,
            key_id            TEXT NOT NULL,
            creation_date     INTEGER NOT NULL,
            last_updated_date INTEGER NOT NULL,

            PRIMARY KEY (account, region, name),
            FOREIGN KEY (account, region, key_id) REFERENCES key (account, region, id) ON DELETE CASCADE
        ) STRICT, WITHOUT ROWID;

        -- For the cascade from key.
        CREATE INDEX alias_by_key ON alias (account, region, key_id);

        CREATE TABLE access_key (
            id                TEXT NOT NULL PRIMARY KEY,
            principal_account TEXT NOT NULL CHECK (length(principal_account) = 12),
            principal_arn     TEXT NOT NULL,
            -- IV, ciphertext and tag, made with the system key "credentials".
            sealed_secret     BLOB NOT NULL CHECK (length(sealed_secret) >= 28),
            is_active         INTEGER NOT NULL CHECK (is_active IN (0, 1)),
            creation_date     INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;

        -- The server's own keys in the token, by what they are for.
        CREATE TABLE system_key (
            purpose     TEXT NOT NULL PRIMARY KEY,
            object_id   BLOB NOT NULL UNIQUE CHECK (length(object_id) = 16),
            check_value BLOB NOT NULL
        ) STRICT, WITHOUT ROWID;
        """
}
