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
        image.systemKeys = try readSystemKeys()
        image.wrappingKeys = try readWrappingKeys()
        image.lastUsages = try readLastUsages()
        let keys = Set(image.keys.map(\.address))
        let targets = Set(image.aliases.map { KeyAddress(scope: $0.scope, id: $0.target) })
        try refuseOrphans(targets.subtracting(keys), of: "alias")
        try refuseOrphans(Set(image.lastUsages.keys).subtracting(keys), of: "key_last_usage")
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
                    account: try row.parsed("principal_account", AccountID(row.text("principal_account"))),
                    arn: try row.exactText("principal_arn")
                ),
                sealedSecret: try row.parsed("sealed_secret", SealedBytes(row.bytes("sealed_secret"))),
                isActive: try row.flag("is_active"), creationDate: try row.timestamp("creation_date")
            )
        }
    }

    private func readSystemKeys() throws -> [SystemKeyPurpose: MaterialReference] {
        let keys = try rows(
            "SELECT purpose, object_id, check_value FROM system_key", of: "system_key", keyedBy: ["purpose"]
        ) { row in
            (SystemKeyPurpose(rawValue: try row.text("purpose")), try row.reference())
        }
        return Dictionary(uniqueKeysWithValues: keys)
    }

    /// Throws when a table speaks of keys that are not there: they were removed behind our back, by a tool that does
    /// not enforce foreign keys.
    func refuseOrphans(_ addresses: some Collection<KeyAddress>, of table: String) throws {
        guard let address = addresses.min(by: { $0.arn < $1.arn }) else { return }
        throw StoreFailure(
            "table \(table) has rows of the key \(address.arn), which is not in table key; restore a backup, or mend it"
        )
    }

    func rows<Value>(
        _ sql: String, of table: String, keyedBy primaryKey: [String], _ read: (StoredRow) throws -> Value
    ) throws -> [Value] {
        var values: [Value] = []
        let cursor = try Row.fetchCursor(self, sql: sql)
        while let row = try cursor.next() {
            values.append(try read(StoredRow(row, of: table, keyedBy: primaryKey)))
        }
        return values
    }
}
