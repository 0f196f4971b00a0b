internal import GRDB
internal import KMSCore

extension Database {
    /// All keys with their materials and tags, ordered by account, Region and id.
    ///
    /// Each table is read once, and what belongs to a key is handed out to it. What is left over belongs to none.
    func readKeys() throws -> [Key] {
        var materials = try readMaterials()
        var tags = try readTags()
        let keys = try rows(
            """
            SELECT account, region, id, spec, usage, origin, lifecycle, CAST(description AS BLOB) AS description,
                CAST(policy AS BLOB) AS policy, creation_date, deletion_date, current_material
            FROM key ORDER BY account, region, id
            """,
            of: "key", keyedBy: ["account", "region", "id"]
        ) { row in
            let address = try row.address("id")
            let key = Key(
                address: address,
                spec: KeySpec(rawValue: try row.text("spec")),
                usage: try row.parsed("usage", KeyUsage(rawValue: row.text("usage"))),
                origin: try row.parsed("origin", KeyOrigin(rawValue: row.text("origin"))),
                lifecycle: try row.parsed("lifecycle", Key.Lifecycle(rawValue: row.text("lifecycle"))),
                description: try row.exactText("description"),
                policy: try row.exactText("policy"),
                tags: tags.removeValue(forKey: address) ?? [:],
                creationDate: try row.timestamp("creation_date"),
                deletionDate: row.isNull("deletion_date") ? nil : try row.timestamp("deletion_date"),
                materials: materials.removeValue(forKey: address) ?? [],
                currentMaterial: row.isNull("current_material") ? 0 : try row.materialNumber("current_material")
            )
            guard key.currentMaterial == 0 || key.materials.contains(where: { $0.number == key.currentMaterial }) else {
                throw row.failure("its current material \(key.currentMaterial) is not there")
            }
            return key
        }
        try refuseOrphans(materials.keys, of: "key_material")
        try refuseOrphans(tags.keys, of: "key_tag")
        return keys
    }

    private func readMaterials() throws -> [KeyAddress: [KeyMaterial]] {
        var materials: [KeyAddress: [KeyMaterial]] = [:]
        let all = try rows(
            """
            SELECT account, region, key_id, number, id, object_id, check_value, creation_date, reserved_encryptions
            FROM key_material ORDER BY account, region, key_id, number
            """,
            of: "key_material", keyedBy: ["account", "region", "key_id", "number"]
        ) { row in
            let id = try row.bytes("id")
            let material = KeyMaterial(
                number: try row.materialNumber("number"),
                id: try row.parsed("id", id.count == 32 ? id : nil),
                reference: try row.reference(),
                creationDate: try row.timestamp("creation_date"),
                reservedEncryptions: try row.parsed(
                    "reserved_encryptions", UInt64(exactly: row.integer("reserved_encryptions"))
                )
            )
            return (try row.address("key_id"), material)
        }
        for (address, material) in all { materials[address, default: []].append(material) }
        return materials
    }

    private func readTags() throws -> [KeyAddress: [String: String]] {
        var tags: [KeyAddress: [String: String]] = [:]
        let all = try rows(
            """
            SELECT account, region, key_id, CAST(name AS BLOB) AS name, CAST(value AS BLOB) AS value FROM key_tag
            """,
            of: "key_tag", keyedBy: ["account", "region", "key_id", "name"]
        ) { row in
            (try row.address("key_id"), try row.exactText("name"), try row.exactText("value"))
        }
        for (address, name, value) in all { tags[address, default: [:]][name] = value }
        return tags
    }
}
