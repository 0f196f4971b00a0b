internal import GRDB
internal import KMSCore

extension Database {
    /// Inserts a key with all that belongs to it, or makes what is stored the same as it.
    func save(_ key: Key) throws {
        try run(
            """
            INSERT INTO key (
                account, region, id, spec, usage, origin, lifecycle, description, policy,
                creation_date, deletion_date, manager, rotation_period, next_rotation_date, on_demand_rotations,
                custom_key_store, primary_region, pending_window, xks_key_id
            ) VALUES (
                :account, :region, :key_id, :spec, :usage, :origin, :lifecycle,
                CAST(:description AS TEXT), CAST(:policy AS TEXT), :creation_date, :deletion_date,
                :manager, :rotation_period, :next_rotation_date, :on_demand_rotations,
                :custom_key_store, :primary_region, :pending_window, :xks_key_id
            )
            ON CONFLICT DO UPDATE SET
                spec = excluded.spec, usage = excluded.usage, origin = excluded.origin,
                lifecycle = excluded.lifecycle, description = excluded.description, policy = excluded.policy,
                creation_date = excluded.creation_date, deletion_date = excluded.deletion_date,
                manager = excluded.manager, rotation_period = excluded.rotation_period,
                next_rotation_date = excluded.next_rotation_date, on_demand_rotations = excluded.on_demand_rotations,
                custom_key_store = excluded.custom_key_store, primary_region = excluded.primary_region,
                pending_window = excluded.pending_window, xks_key_id = excluded.xks_key_id,
                current_material = NULL
            """,
            key.address.arguments + [
                "spec": key.spec.rawValue, "usage": key.usage.rawValue, "origin": key.origin.rawValue,
                "lifecycle": key.lifecycle.rawValue, "description": key.description.exactly,
                "policy": key.policy.exactly, "creation_date": key.creationDate.milliseconds,
                "deletion_date": key.deletionDate?.milliseconds, "manager": key.manager.rawValue,
                "rotation_period": key.rotation.periodInDays,
                "next_rotation_date": key.rotation.nextDate?.milliseconds,
                "on_demand_rotations": key.rotation.onDemandCount,
                "custom_key_store": key.customKeyStore?.description,
                "primary_region": key.primaryRegion?.description, "pending_window": key.pendingWindowInDays,
                "xks_key_id": key.xksKeyID,
            ]
        )
        try replaceTags(of: key)
        try replacePolicyPrincipals(of: key)
        try replaceExposure(of: key)
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

    /// Removes a key; the foreign keys take its materials, tags, aliases and grants with it.
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

    private func replacePolicyPrincipals(of key: Key) throws {
        try run(
            "DELETE FROM key_policy_principal WHERE account = :account AND region = :region AND key_id = :key_id",
            key.address.arguments
        )
        for (arn, uniqueID) in key.policyPrincipals {
            try run(
                """
                INSERT INTO key_policy_principal (account, region, key_id, arn, unique_id)
                VALUES (:account, :region, :key_id, CAST(:arn AS TEXT), CAST(:unique_id AS TEXT))
                """,
                key.address.arguments + ["arn": arn.exactly, "unique_id": uniqueID.exactly]
            )
        }
    }
}

extension KeyAddress {
    /// What names the key in a statement: `:account`, `:region` and `:key_id`.
    var arguments: StatementArguments {
        ["account": scope.account.description, "region": scope.region.description, "key_id": id.description]
    }
}
