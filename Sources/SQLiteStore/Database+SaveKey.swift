internal import GRDB
internal import KMSCore

extension Database {
    /// Inserts a key with all that belongs to it, or makes what is stored the same as it.
    func save(_ key: Key) throws {
        try run(
            """
            INSERT INTO key (
                account, region, id, spec, usage, origin, lifecycle, description, policy,
                creation_date, deletion_date
            ) VALUES (
                :account, :region, :id, :spec, :usage, :origin, :lifecycle,
                CAST(:description AS TEXT), CAST(:policy AS TEXT), :creation_date, :deletion_date
            )
            ON CONFLICT DO UPDATE SET
                spec = excluded.spec, usage = excluded.usage, origin = excluded.origin,
                lifecycle = excluded.lifecycle, description = excluded.description, policy = excluded.policy,
                creation_date = excluded.creation_date, deletion_date = excluded.deletion_date,
                current_material = NULL
            """,
            [
                "account": key.address.scope.account.description, "region": key.address.scope.region.description,
                "id": key.address.id.description, "spec": key.spec.rawValue, "usage": key.usage.rawValue,
                "origin": key.origin.rawValue, "lifecycle": key.lifecycle.rawValue,
                "description": key.description.exactly, "policy": key.policy.exactly,
                "creation_date": key.creationDate.milliseconds, "deletion_date": key.deletionDate?.milliseconds,
            ]
        )
        try replaceTags(of: key)
        try replaceMaterials(of: key)
        try setCurrentMaterial(of: key)
    }

    /// Key and material point at each other, so this comes last: the material must be there.
    private func setCurrentMaterial(of key: Key) throws {
        // Materials count from 1: zero is none.
        guard key.currentMaterial != 0 else { return }
        try run(
            """
            UPDATE key SET current_material = :number
            WHERE account = :account AND region = :region AND id = :key_id
            """,
            key.address.arguments + ["number": key.currentMaterial]
        )
    }

    /// Removes a key; the foreign keys take its materials, tags and aliases with it.
    ///
    /// A key that is not there is no error: that is how a retry ends whose first try was made, but not answered.
    func remove(_ address: KeyAddress) throws {
        try run("DELETE FROM key WHERE account = :account AND region = :region AND id = :key_id", address.arguments)
    }

    private func replaceTags(of key: Key) throws {
        try run(
            "DELETE FROM key_tag WHERE account = :account AND region = :region AND key_id = :key_id",
            key.address.arguments
        )
        for (name, value) in key.tags {
            try run(
                """
                INSERT INTO key_tag (account, region, key_id, name, value)
                VALUES (:account, :region, :key_id, CAST(:name AS TEXT), CAST(:value AS TEXT))
                """,
                key.address.arguments + ["name": name.exactly, "value": value.exactly]
            )
        }
    }

    private func replaceMaterials(of key: Key) throws {
        // The server's image may be older than a reservation: a key that is saved from it must not give back
        // encryptions that were made.
        var reserved: [UInt32: Int64] = [:]
        let statement = try cachedStatement(
            sql: """
                SELECT number, reserved_encryptions FROM key_material
                WHERE account = :account AND region = :region AND key_id = :key_id
                """
        )
        for row in try Row.fetchAll(statement, arguments: key.address.arguments) {
            let row = StoredRow(row, of: "key_material", keyedBy: ["number"])
            reserved[try row.materialNumber("number")] = try row.integer("reserved_encryptions")
        }
        try run(
            "DELETE FROM key_material WHERE account = :account AND region = :region AND key_id = :key_id",
            key.address.arguments
        )
        for material in key.materials {
            try insert(material, of: key.address, reserved: reserved[material.number] ?? 0)
        }
    }

    private func insert(_ material: KeyMaterial, of address: KeyAddress, reserved: Int64) throws {
        try run(
            """
            INSERT INTO key_material (
                account, region, key_id, number, id, object_id, check_value, creation_date, reserved_encryptions
            ) VALUES (
                :account, :region, :key_id, :number, :id, :object_id, :check_value, :creation_date,
                max(:reserved, :reserved_before)
            )
            """,
            address.arguments + [
                "number": material.number, "id": material.id.blob, "object_id": material.reference.object.bytes.blob,
                "check_value": material.reference.checkValue.blob, "creation_date": material.creationDate.milliseconds,
                "reserved": try material.reservedEncryptions.stored, "reserved_before": reserved,
            ]
        )
    }

    /// Sets a material's reservation to the SQL expression `value` of `:total`.
    func setReservation(of material: UInt32, of address: KeyAddress, _ value: String, _ total: UInt64) throws {
        try run(
            """
            UPDATE key_material SET reserved_encryptions = \(value)
            WHERE account = :account AND region = :region AND key_id = :key_id AND number = :number
            """,
            address.arguments + ["number": material, "total": try total.stored]
        )
        guard changesCount == 1 else {
            throw StoreFailure("material \(material) of the key \(address.arn) is not there: nothing was changed")
        }
    }
}

extension KeyAddress {
    fileprivate var arguments: StatementArguments {
        ["account": scope.account.description, "region": scope.region.description, "key_id": id.description]
    }
}
