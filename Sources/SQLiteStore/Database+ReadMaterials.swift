internal import GRDB
internal import KMSCore

extension Database {
    /// All material, each key's by number.
    func readMaterials() throws -> [KeyAddress: [KeyMaterial]] {
        try rowsByOwner(
            """
            SELECT account, region, key_id, number, id, object_id, check_value, creation_date, reserved_encryptions,
                stage, public_key, is_pending_rotation, rotation_date, rotation_kind,
                import_valid_to, CAST(import_description AS BLOB) AS import_description, import_place
            FROM key_material ORDER BY account, region, key_id, number
            """,
            of: "key_material", keyedBy: ["account", "region", "key_id", "number"],
            owner: { try $0.address("key_id") }
        ) { try $0.material() }
    }
}

extension StoredRow {
    fileprivate func material() throws -> KeyMaterial {
        let id = try bytes("id")
        return KeyMaterial(
            number: try materialNumber("number"),
            id: try parsed("id", id.count == 32 ? id : nil),
            reference: try reference(),
            creationDate: try timestamp("creation_date"),
            reservedEncryptions: try parsed(
                "reserved_encryptions", UInt64(exactly: integer("reserved_encryptions"))
            ),
            stage: try parsed("stage", KeyMaterial.Stage(rawValue: text("stage"))),
            publicKey: try bytes("public_key"),
            isPendingRotation: try flag("is_pending_rotation"),
            rotation: try rotation(),
            imported: try imported()
        )
    }

    private func rotation() throws -> KeyMaterial.Rotation? {
        // Half of one is not "none": it cannot be read.
        guard !isNull("rotation_date") || !isNull("rotation_kind") else { return nil }
        return KeyMaterial.Rotation(
            date: try timestamp("rotation_date"),
            kind: try parsed("rotation_kind", KeyMaterial.Rotation.Kind(rawValue: text("rotation_kind")))
        )
    }

    private func imported() throws -> KeyMaterial.Import? {
        guard !isNull("import_place") || !isNull("import_description") || !isNull("import_valid_to") else {
            return nil
        }
        return KeyMaterial.Import(
            validTo: try optional("import_valid_to", timestamp),
            description: try exactText("import_description"),
            place: try parsed("import_place", KeyMaterial.Import.Place(rawValue: text("import_place")))
        )
    }
}
