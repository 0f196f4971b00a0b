import KMSCore
import Testing

/// What version 2 of the schema left behind, written out: this file changes as little as those databases do.
enum Version2Database {
    /// A database with an imported key and a rotated key pair, and access keys of all sorts of principals.
    static let sql = Version1Database.schema + schema + rows

    private static let account = AccountID("111122223333")
    private static let otherAccount = AccountID("999988887777")

    static var image: MetadataImage {
        get throws {
            let keys = try [imported, pair]
            var image = MetadataImage(
                keys: keys, aliases: [],
                accessKeys: try [
                    accessKey("AKIA1", account, "arn:aws:iam::111122223333:user/administrator", 1_767_225_600_020),
                    accessKey("AKIA2", account, "arn:aws:iam::111122223333:user/administrator", 1_767_225_600_010),
                    accessKey("AKIA3", account, "arn:aws:iam::111122223333:user/ops/eu/bob", 1_767_225_600_030),
                    accessKey("AKIA4", account, "arn:aws:iam::111122223333:root", 1_767_225_600_040),
                    accessKey("AKIA5", otherAccount, "arn:aws:iam::999988887777:user/administrator", 1_767_225_600_050),
                    // Whose principal is none of its account's users.
                    accessKey("AKIA6", account, "arn:aws:iam::999988887777:user/mallory", 1_767_225_600_060),
                    accessKey("AKIA7", account, "arn:aws:iam::111122223333:user/", 1_767_225_600_070),
                ],
                systemKeys: [.credentials: try reference(0xc0, [9]), .importTokens: try reference(0xc1, [8])],
                wrappingKeys: [
                    WrappingKey(
                        reference: try reference(0xd1, [7]), publicKey: [0x30, 0x82], key: keys[0].address,
                        spec: .rsa3072,
                        validTo: Timestamp(milliseconds: 1_767_312_000_004)
                    )
                ],
                lastUsages: [
                    keys[1].address: KeyLastUsage(
                        operation: "Sign", date: Timestamp(milliseconds: 1_767_225_600_005), requestID: "4f2b7a10"
                    )
                ]
            )
            image.accounts = try [
                (account, 1_767_225_600_009), (otherAccount, 1_767_225_600_050), (AccountID("000000000001"), -5),
            ].map {
                Account(id: try found($0.0), name: "", creationDate: Timestamp(milliseconds: $0.1))
            }
            // Apart from their unique ids, which are drawn.
            image.identities = try [
                user("administrator", of: account, 1_767_225_600_010),
                user("bob", "/ops/eu/", of: account, 1_767_225_600_030),
                user("administrator", of: otherAccount, 1_767_225_600_050),
            ]
            return image
        }
    }

    private static var imported: Key {
        get throws {
            var key = Key(
                address: try address("111122223333", "0a1b2c3d-0000-4000-8000-000000000001"), spec: .symmetricDefault,
                usage: .encryptDecrypt, origin: .external, lifecycle: .enabled, description: "", policy: "{}",
                tags: ["team": "blue"], creationDate: Timestamp(milliseconds: 1_767_225_600_009),
                materials: [try material(1, 0xa1), try material(2, 0xa2)], currentMaterial: 2,
                rotation: KeyRotation(
                    periodInDays: 365, nextDate: Timestamp(milliseconds: 1_798_761_600_001), onDemandCount: 2
                )
            )
            key.materials[0].imported = .init(
                validTo: Timestamp(milliseconds: 1_798_761_600_789), description: "from the vault", place: .worker
            )
            key.materials[1].imported = .init(validTo: nil, description: "", place: .token)
            key.materials[1].rotation = .init(date: Timestamp(milliseconds: 1_767_225_600_011), kind: .onDemand)
            return key
        }
    }

    private static var pair: Key {
        get throws {
            var key = Key(
                address: try address("000000000001", "0a1b2c3d-0000-4000-8000-000000000002"), spec: .p256,
                usage: .signVerify, origin: .awsKMS, lifecycle: .disabled, description: "", policy: "", tags: [:],
                creationDate: Timestamp(milliseconds: -5), materials: [try material(1, 0xb1)], currentMaterial: 1,
                manager: .aws
            )
            key.materials[0].publicKey = [0x30, 0x59]
            return key
        }
    }

    private static func user(
        _ name: String, _ path: String = "/", of account: AccountID?, _ creationDate: Int64
    ) throws -> Identity {
        Identity(
            key: .init(account: try found(account), kind: .user, name: name), path: path, uniqueID: "",
            creationDate: Timestamp(milliseconds: creationDate),
            attachedPolicies: ["arn:aws:iam::aws:policy/AdministratorAccess"]
        )
    }

    private static func accessKey(
        _ id: String, _ account: AccountID?, _ arn: String, _ creationDate: Int64
    ) throws -> AccessKey {
        AccessKey(
            id: id, principal: Principal(account: try found(account), arn: arn),
            sealedSecret: try found(SealedBytes([UInt8](repeating: 0x5a, count: 28))), isActive: true,
            creationDate: Timestamp(milliseconds: creationDate)
        )
    }

    private static func address(_ account: String, _ id: String) throws -> KeyAddress {
        let scope = Scope(account: try found(AccountID(account)), region: try found(Region("eu-central-1")))
        return KeyAddress(scope: scope, id: try found(KeyID(id)))
    }

    /// Material whose ids repeat one byte.
    private static func material(_ number: UInt32, _ byte: UInt8) throws -> KeyMaterial {
        KeyMaterial(
            number: number, id: [UInt8](repeating: byte, count: 32), reference: try reference(byte, [1, 2, 3]),
            creationDate: Timestamp(milliseconds: 1_767_225_600_123), reservedEncryptions: 65_536
        )
    }

    private static func reference(_ byte: UInt8, _ checkValue: [UInt8]) throws -> MaterialReference {
        MaterialReference(
            object: try found(ObjectID(bytes: [UInt8](repeating: byte, count: 16))), checkValue: checkValue
        )
    }

    private static func found<Value>(_ value: Value?) throws -> Value { try #require(value) }
}

extension Version2Database {
    private static let rows = """
        INSERT INTO key VALUES
            ('111122223333', 'eu-central-1', '0a1b2c3d-0000-4000-8000-000000000001', 'SYMMETRIC_DEFAULT',
             'ENCRYPT_DECRYPT', 'EXTERNAL', 'enabled', '', '{}', 1767225600009, NULL, NULL,
             'CUSTOMER', 365, 1798761600001, 2),
            ('000000000001', 'eu-central-1', '0a1b2c3d-0000-4000-8000-000000000002', 'ECC_NIST_P256',
             'SIGN_VERIFY', 'AWS_KMS', 'disabled', '', '', -5, NULL, NULL, 'AWS', NULL, NULL, 0);
        INSERT INTO key_material VALUES
            ('111122223333', 'eu-central-1', '0a1b2c3d-0000-4000-8000-000000000001', 1,
             x'a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1',
             x'a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1', x'010203', 1767225600123, 65536,
             'present', x'', 0, NULL, NULL, 1798761600789, 'from the vault', 'worker'),
            ('111122223333', 'eu-central-1', '0a1b2c3d-0000-4000-8000-000000000001', 2,
             x'a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2',
             x'a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2', x'010203', 1767225600123, 65536,
             'present', x'', 0, 1767225600011, 'ON_DEMAND', NULL, '', 'token'),
            ('000000000001', 'eu-central-1', '0a1b2c3d-0000-4000-8000-000000000002', 1,
             x'b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1',
             x'b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1', x'010203', 1767225600123, 65536,
             'present', x'3059', 0, NULL, NULL, NULL, NULL, NULL);
        UPDATE key SET current_material = 2 WHERE id = '0a1b2c3d-0000-4000-8000-000000000001';
        UPDATE key SET current_material = 1 WHERE id = '0a1b2c3d-0000-4000-8000-000000000002';
        INSERT INTO key_tag VALUES
            ('111122223333', 'eu-central-1', '0a1b2c3d-0000-4000-8000-000000000001', 'team', 'blue');
        INSERT INTO access_key
        SELECT column1, column2, column3,
            x'5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a', 1, column4
        FROM (VALUES
            ('AKIA1', '111122223333', 'arn:aws:iam::111122223333:user/administrator', 1767225600020),
            ('AKIA2', '111122223333', 'arn:aws:iam::111122223333:user/administrator', 1767225600010),
            ('AKIA3', '111122223333', 'arn:aws:iam::111122223333:user/ops/eu/bob', 1767225600030),
            ('AKIA4', '111122223333', 'arn:aws:iam::111122223333:root', 1767225600040),
            ('AKIA5', '999988887777', 'arn:aws:iam::999988887777:user/administrator', 1767225600050),
            ('AKIA6', '111122223333', 'arn:aws:iam::999988887777:user/mallory', 1767225600060),
            ('AKIA7', '111122223333', 'arn:aws:iam::111122223333:user/', 1767225600070)
        );
        INSERT INTO system_key VALUES
            ('credentials', x'c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0', x'09'),
            ('import-tokens', x'c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1', x'08');
        INSERT INTO wrapping_key VALUES
            (x'd1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1', x'07', x'3082', '111122223333', 'eu-central-1',
             '0a1b2c3d-0000-4000-8000-000000000001', 'RSA_3072', 1767312000004);
        INSERT INTO key_last_usage VALUES
            ('000000000001', 'eu-central-1', '0a1b2c3d-0000-4000-8000-000000000002', 'Sign', 1767225600005,
             '4f2b7a10');
        """

    /// As the release had it, on top of what version 1 left.
    private static let schema = """
        INSERT INTO grdb_migrations VALUES ('v2');

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
