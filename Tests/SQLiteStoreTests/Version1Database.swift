import KMSCore
import Testing

/// What version 1 of the schema left behind, written out: this file changes as little as those databases do.
enum Version1Database {
    /// A database with one key of each kind that version 1 knew: in use, being created, being destroyed.
    static let sql = schema + rows

    static let account = "111122223333"
    static let region = "eu-central-1"

    static var image: MetadataImage {
        get throws {
            var image = MetadataImage(
                keys: try [inUse, beingCreated, beingDestroyed],
                aliases: [
                    Alias(
                        scope: try scope, name: "alias/payroll", target: try inUse.address.id,
                        creationDate: Timestamp(milliseconds: 1_767_225_600_001),
                        lastUpdatedDate: Timestamp(milliseconds: 1_767_225_600_002)
                    )
                ],
                accessKeys: [
                    AccessKey(
                        id: "AKIAIOSFODNN7EXAMPLE",
                        principal: Principal(
                            account: try scope.account, arn: "arn:aws:iam::111122223333:user/alice"
                        ),
                        sealedSecret: try found(SealedBytes([UInt8](repeating: 0x5a, count: 28))), isActive: true,
                        creationDate: Timestamp(milliseconds: 1_767_225_600_003)
                    )
                ],
                systemKeys: [.credentials: try reference(0xc0, [9])]
            )
            // What the third step makes of those who had access keys, apart from their unique ids.
            image.accounts = [
                Account(
                    id: try scope.account, name: "", creationDate: Timestamp(milliseconds: 1_767_225_600_003)
                )
            ]
            image.identities = [
                Identity(
                    key: .init(account: try scope.account, kind: .user, name: "alice"), uniqueID: "",
                    creationDate: Timestamp(milliseconds: 1_767_225_600_003),
                    attachedPolicies: ["arn:aws:iam::aws:policy/AdministratorAccess"]
                )
            ]
            return image
        }
    }

    private static var inUse: Key {
        get throws {
            Key(
                address: try address("0a1b2c3d-0000-4000-8000-000000000001"), spec: .symmetricDefault,
                usage: .encryptDecrypt, origin: .awsKMS, lifecycle: .enabled, description: "it's payroll",
                policy: #"{"Version":"2012-10-17"}"#, tags: ["team": "blue", "empty": ""],
                creationDate: Timestamp(milliseconds: 1_767_225_600_456),
                materials: [
                    try material(0xa1, [1, 2, 3], reserved: 65_536),
                    try material(number: 2, 0xa2, [4], reserved: 4_294_967_296),
                ],
                currentMaterial: 2
            )
        }
    }

    private static var beingCreated: Key {
        get throws {
            Key(
                address: try address("0a1b2c3d-0000-4000-8000-000000000002"), spec: .symmetricDefault,
                usage: .encryptDecrypt, origin: .awsKMS, lifecycle: .creating, description: "", policy: "", tags: [:],
                creationDate: Timestamp(milliseconds: 1_767_225_600_457), materials: [try material(0xb1, [])],
                currentMaterial: 1
            )
        }
    }

    private static var beingDestroyed: Key {
        get throws {
            Key(
                address: try address("0a1b2c3d-0000-4000-8000-000000000003"), spec: .symmetricDefault,
                usage: .encryptDecrypt, origin: .awsKMS, lifecycle: .destroying, description: "", policy: "",
                tags: [:], creationDate: Timestamp(milliseconds: 1_767_225_600_458),
                deletionDate: Timestamp(milliseconds: 1_767_830_400_458), materials: [], currentMaterial: 0
            )
        }
    }

    /// `image` with the unique ids that the migration has drawn, which `found` has.
    static func image(withUniqueIDsOf found: MetadataImage) throws -> MetadataImage {
        var image = try image
        image.identities = image.identities.withUniqueIDs(of: found.identities)
        return image
    }

    private static var scope: Scope {
        get throws { Scope(account: try found(AccountID(account)), region: try found(Region(region))) }
    }

    private static func address(_ id: String) throws -> KeyAddress {
        KeyAddress(scope: try scope, id: try found(KeyID(id)))
    }

    /// Material whose ids repeat one byte.
    private static func material(
        number: UInt32 = 1, _ byte: UInt8, _ checkValue: [UInt8], reserved: UInt64 = 0
    ) throws -> KeyMaterial {
        KeyMaterial(
            number: number, id: [UInt8](repeating: byte, count: 32), reference: try reference(byte, checkValue),
            creationDate: Timestamp(milliseconds: 1_767_225_600_123), reservedEncryptions: reserved, stage: .present,
            publicKey: [], isPendingRotation: false, rotation: nil, imported: nil
        )
    }

    private static func reference(_ byte: UInt8, _ checkValue: [UInt8]) throws -> MaterialReference {
        MaterialReference(
            object: try found(ObjectID(bytes: [UInt8](repeating: byte, count: 16))), checkValue: checkValue
        )
    }

    static func found<Value>(_ value: Value?) throws -> Value { try #require(value) }
}

extension Version1Database {
    private static let rows = """
        INSERT INTO key VALUES
            ('111122223333', 'eu-central-1', '0a1b2c3d-0000-4000-8000-000000000001', 'SYMMETRIC_DEFAULT',
             'ENCRYPT_DECRYPT', 'AWS_KMS', 'enabled', 'it''s payroll', '{"Version":"2012-10-17"}',
             1767225600456, NULL, NULL),
            ('111122223333', 'eu-central-1', '0a1b2c3d-0000-4000-8000-000000000002', 'SYMMETRIC_DEFAULT',
             'ENCRYPT_DECRYPT', 'AWS_KMS', 'creating', '', '', 1767225600457, NULL, NULL),
            ('111122223333', 'eu-central-1', '0a1b2c3d-0000-4000-8000-000000000003', 'SYMMETRIC_DEFAULT',
             'ENCRYPT_DECRYPT', 'AWS_KMS', 'destroying', '', '', 1767225600458, 1767830400458, NULL);
        INSERT INTO key_material VALUES
            ('111122223333', 'eu-central-1', '0a1b2c3d-0000-4000-8000-000000000001', 1,
             x'a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1',
             x'a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1', x'010203',
             1767225600123, 65536),
            ('111122223333', 'eu-central-1', '0a1b2c3d-0000-4000-8000-000000000001', 2,
             x'a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2',
             x'a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2', x'04',
             1767225600123, 4294967296),
            ('111122223333', 'eu-central-1', '0a1b2c3d-0000-4000-8000-000000000002', 1,
             x'b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1',
             x'b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1', x'',
             1767225600123, 0);
        UPDATE key SET current_material = 2 WHERE id = '0a1b2c3d-0000-4000-8000-000000000001';
        UPDATE key SET current_material = 1 WHERE id = '0a1b2c3d-0000-4000-8000-000000000002';
        INSERT INTO key_tag VALUES
            ('111122223333', 'eu-central-1', '0a1b2c3d-0000-4000-8000-000000000001', 'team', 'blue'),
            ('111122223333', 'eu-central-1', '0a1b2c3d-0000-4000-8000-000000000001', 'empty', '');
        INSERT INTO alias VALUES
            ('111122223333', 'eu-central-1', 'alias/payroll', '0a1b2c3d-0000-4000-8000-000000000001',
             1767225600001, 1767225600002);
        INSERT INTO access_key VALUES
            ('AKIAIOSFODNN7EXAMPLE', '111122223333', 'arn:aws:iam::111122223333:user/alice',
             x'5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a', 1, 1767225600003);
        INSERT INTO system_key VALUES ('credentials', x'c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0', x'09');
        """

    /// As the release had it, with what stands around it in its file.
    static let schema = """
        PRAGMA journal_mode = WAL;
        PRAGMA application_id = 1398035015;
        CREATE TABLE grdb_migrations (identifier TEXT NOT NULL PRIMARY KEY);
        INSERT INTO grdb_migrations VALUES ('v1');

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

extension [Identity] {
    /// The same identities with the unique ids that those of the same name have in `others`.
    func withUniqueIDs(of others: [Identity]) -> [Identity] {
        map { identity in
            Identity(
                key: identity.key, path: identity.path,
                uniqueID: others.first { $0.key == identity.key }?.uniqueID ?? identity.uniqueID,
                creationDate: identity.creationDate, description: identity.description,
                trustPolicy: identity.trustPolicy, maximumSessionDuration: identity.maximumSessionDuration,
                inlinePolicies: identity.inlinePolicies, attachedPolicies: identity.attachedPolicies,
                permissionsBoundary: identity.permissionsBoundary, tags: identity.tags
            )
        }
    }
}
