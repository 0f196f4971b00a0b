internal import GRDB
internal import KMSCore

extension Database {
    /// All keys with their materials and tags, ordered by account, Region and id.
    ///
    /// Each table is read once, and what belongs to a key is handed out to it. What is left over belongs to none.
    func readKeys() throws -> [Key] {
        var materials = try readMaterials()
        var tags = try readTags()
        var principals = try readPolicyPrincipals()
        var exposures = try readExposures()
        let keys = try rows(
            """
            SELECT account, region, id, spec, usage, origin, lifecycle, CAST(description AS BLOB) AS description,
                CAST(policy AS BLOB) AS policy, creation_date, deletion_date, current_material,
                manager, rotation_period, next_rotation_date, on_demand_rotations, custom_key_store, primary_region,
                pending_window, xks_key_id
            FROM key ORDER BY account, region, id
            """,
            of: "key", keyedBy: ["account", "region", "id"]
        ) { row in
            let address = try row.address("id")
            var key = Key(
                address: address,
                spec: KeySpec(rawValue: try row.text("spec")),
                usage: try row.parsed("usage", KeyUsage(rawValue: row.text("usage"))),
                origin: try row.parsed("origin", KeyOrigin(rawValue: row.text("origin"))),
                lifecycle: try row.parsed("lifecycle", Key.Lifecycle(rawValue: row.text("lifecycle"))),
                description: try row.exactText("description"),
                policy: try row.exactText("policy"),
                tags: tags.removeValue(forKey: address) ?? [:],
                creationDate: try row.timestamp("creation_date"),
                deletionDate: try row.optional("deletion_date", row.timestamp),
                materials: materials.removeValue(forKey: address) ?? [],
                currentMaterial: try row.optional("current_material", row.materialNumber) ?? 0,
                manager: try row.parsed("manager", KeyManager(rawValue: row.text("manager"))),
                rotation: KeyRotation(
                    periodInDays: try row.optional("rotation_period", row.count),
                    nextDate: try row.optional("next_rotation_date", row.timestamp),
                    onDemandCount: try row.count("on_demand_rotations")
                )
            )
            key.customKeyStore = try row.optional("custom_key_store", row.customKeyStoreID)
            key.primaryRegion = try row.optional("primary_region") { try row.parsed($0, Region(row.text($0))) }
            key.pendingWindowInDays = try row.optional("pending_window", row.count)
            key.xksKeyID = try row.optional("xks_key_id", row.text)
            key.policyPrincipals = principals.removeValue(forKey: address) ?? [:]
            key.exposure = exposures.removeValue(forKey: address)
            guard key.currentMaterial == 0 || key.materials.contains(where: { $0.number == key.currentMaterial }) else {
                throw row.failure("its current material \(key.currentMaterial) is not there")
            }
            return key
        }
        try refuseOrphans(materials.keys, of: "key_material")
        try refuseOrphans(tags.keys, of: "key_tag")
        try refuseOrphans(principals.keys, of: "key_policy_principal")
        try refuseOrphans(exposures.keys, of: "key_exposure")
        return keys
    }

    private func readTags() throws -> [KeyAddress: [String: String]] {
        try pairsByOwner(
            """
            SELECT account, region, key_id, CAST(name AS BLOB) AS name, CAST(value AS BLOB) AS value FROM key_tag
            """,
            of: "key_tag", keyedBy: ["account", "region", "key_id", "name"]
        ) { try $0.address("key_id") }
    }

    private func readPolicyPrincipals() throws -> [KeyAddress: [String: String]] {
        try pairsByOwner(
            """
            SELECT account, region, key_id, CAST(arn AS BLOB) AS arn, CAST(unique_id AS BLOB) AS unique_id
            FROM key_policy_principal
            """,
            of: "key_policy_principal", keyedBy: ["account", "region", "key_id", "arn"], name: "arn", value: "unique_id"
        ) { try $0.address("key_id") }
    }
}
