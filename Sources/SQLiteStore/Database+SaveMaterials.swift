internal import GRDB
internal import KMSCore

extension Database {
    func replaceMaterials(of key: Key) throws {
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
                account, region, key_id, number, id, object_id, check_value, creation_date, reserved_encryptions,
                stage, public_key, is_pending_rotation, rotation_date, rotation_kind,
                import_valid_to, import_description, import_place
            ) VALUES (
                :account, :region, :key_id, :number, :id, :object_id, :check_value, :creation_date,
                max(:reserved, :reserved_before),
                :stage, :public_key, :is_pending_rotation, :rotation_date, :rotation_kind,
                :import_valid_to, CAST(:import_description AS TEXT), :import_place
            )
            """,
            address.arguments + material.stages + [
                "number": material.number, "id": material.id.blob, "object_id": material.reference.object.bytes.blob,
                "check_value": material.reference.checkValue.blob, "creation_date": material.creationDate.milliseconds,
                "reserved": try material.reservedEncryptions.stored, "reserved_before": reserved,
                "public_key": material.publicKey.blob,
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

extension KeyMaterial {
    /// How it came to be where it is: what changes over a material's life.
    fileprivate var stages: StatementArguments {
        [
            "stage": stage.rawValue, "is_pending_rotation": isPendingRotation,
            "rotation_date": rotation?.date.milliseconds, "rotation_kind": rotation?.kind.rawValue,
            "import_valid_to": imported?.validTo?.milliseconds, "import_description": imported?.description.exactly,
            "import_place": imported?.place.rawValue,
        ]
    }
}
