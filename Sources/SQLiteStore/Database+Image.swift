internal import GRDB
internal import KMSCore

extension Database {
    /// All that is stored. Throws rather than leave out a row that makes no sense: a key that is skipped would look
    /// deleted, and its object in the token like nobody's.
    func readImage() throws -> MetadataImage {
        var image = MetadataImage()
        image.keys = try readKeys()
        image.aliases = try readAliases()
        image.accessKeys = try readAccessKeys()
        try readSystemKeys(into: &image)
        image.wrappingKeys = try readWrappingKeys()
        image.lastUsages = try readLastUsages()
        image.grants = try readGrants()
        image.accounts = try readAccounts()
        image.identities = try readIdentities()
        image.managedPolicies = try readManagedPolicies()
        image.multiFactorDevices = try readMultiFactorDevices()
        image.sessions = try readSessions()
        image.xksStores = try readXKSStores()
        image.xksCredentials = try readXKSCredentials()
        image.outbox = try readOutbox()
        image.customKeyStores = try readCustomKeyStores()
        let keys = Set(image.keys.map(\.address))
        let targets = Set(image.aliases.map { KeyAddress(scope: $0.scope, id: $0.target) })
        let keyStores = Set(image.customKeyStores.map(\.id))
        try refuseOrphans(
            Set(image.keys.compactMap(\.customKeyStore)).subtracting(keyStores).map(\.description), of: "key",
            in: "custom_key_store")
        try refuseOrphans(targets.subtracting(keys), of: "alias")
        try refuseOrphans(Set(image.lastUsages.keys).subtracting(keys), of: "key_last_usage")
        let stores = Set(image.xksStores.map(\.prefix))
        try refuseOrphans(
            image.xksCredentials.map(\.prefix).filter { !stores.contains($0) }.map { "the XKS store \($0)" },
            of: "xks_credential", in: "xks_store")
        try refuseOrphans(Set(image.grants.map(\.key)).subtracting(keys), of: "key_grant")
        return image
    }

    private func readAliases() throws -> [Alias] {
        try rows(
            """
            SELECT account, region, CAST(name AS BLOB) AS name, key_id, creation_date, last_updated_date FROM alias
            ORDER BY account, region, alias.name
            """,
            of: "alias", keyedBy: ["account", "region", "name"]
        ) { row in
            let target = try row.address("key_id")
            return Alias(
                scope: target.scope, name: try row.exactText("name"), target: target.id,
                creationDate: try row.timestamp("creation_date"),
                lastUpdatedDate: try row.timestamp("last_updated_date")
            )
        }
    }

    private func readAccessKeys() throws -> [AccessKey] {
        try rows(
            """
            SELECT id, principal_account, CAST(principal_arn AS BLOB) AS principal_arn, sealed_secret, is_active,
                creation_date
            FROM access_key ORDER BY id
            """,
            of: "access_key", keyedBy: ["id"]
        ) { row in
            AccessKey(
                id: try row.text("id"),
                principal: Principal(
                    account: try row.account("principal_account"),
                    arn: try row.exactText("principal_arn")
                ),
                sealedSecret: try row.sealed("sealed_secret"),
                isActive: try row.flag("is_active"), creationDate: try row.timestamp("creation_date")
            )
        }
    }

    private func readSystemKeys(into image: inout MetadataImage) throws {
        let keys = try rows(
            "SELECT purpose, object_id, check_value, public_key FROM system_key", of: "system_key",
            keyedBy: ["purpose"]
        ) { row in
            (SystemKeyPurpose(rawValue: try row.text("purpose")), try row.reference(), try row.bytes("public_key"))
        }
        for (purpose, reference, publicKey) in keys {
            image.systemKeys[purpose] = reference
            if !publicKey.isEmpty { image.systemPublicKeys[purpose] = publicKey }
        }
    }
}
