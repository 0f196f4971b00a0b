internal import GRDB
internal import KMSCore

extension Database {
    func save(_ key: WrappingKey) throws {
        try run(
            """
            INSERT INTO wrapping_key (object_id, check_value, public_key, account, region, key_id, spec, valid_to)
            VALUES (:object_id, :check_value, :public_key, :account, :region, :key_id, :spec, :valid_to)
            ON CONFLICT DO UPDATE SET
                check_value = excluded.check_value, public_key = excluded.public_key, account = excluded.account,
                region = excluded.region, key_id = excluded.key_id, spec = excluded.spec, valid_to = excluded.valid_to
            """,
            key.key.arguments + [
                "object_id": key.reference.object.bytes.blob, "check_value": key.reference.checkValue.blob,
                "public_key": key.publicKey.blob, "spec": key.spec.rawValue, "valid_to": key.validTo.milliseconds,
            ]
        )
    }

    /// A wrapping key that is not there is no error: that is how a retry ends.
    func removeWrappingKey(_ object: ObjectID) throws {
        try run("DELETE FROM wrapping_key WHERE object_id = :object_id", ["object_id": object.bytes.blob])
    }

    func readWrappingKeys() throws -> [WrappingKey] {
        try rows(
            """
            SELECT object_id, check_value, public_key, account, region, key_id, spec, valid_to FROM wrapping_key
            ORDER BY object_id
            """,
            of: "wrapping_key", keyedBy: ["account", "region", "key_id"]
        ) { row in
            WrappingKey(
                reference: try row.reference(), publicKey: try row.bytes("public_key"),
                key: try row.address("key_id"), spec: KeySpec(rawValue: try row.text("spec")),
                validTo: try row.timestamp("valid_to")
            )
        }
    }
}
