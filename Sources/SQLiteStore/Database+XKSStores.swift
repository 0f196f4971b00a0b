internal import GRDB
internal import KMSCore

extension Database {
    func save(_ store: XKSStore) throws {
        try run(
            """
            INSERT INTO xks_store (prefix, account, region, is_enabled, requests_per_second, policy, creation_date)
            VALUES (
                :prefix, :account, :region, :is_enabled, :requests_per_second, CAST(:policy AS TEXT), :creation_date
            )
            ON CONFLICT (prefix) DO UPDATE SET
                account = excluded.account, region = excluded.region, is_enabled = excluded.is_enabled,
                requests_per_second = excluded.requests_per_second, policy = excluded.policy,
                creation_date = excluded.creation_date
            """,
            [
                "prefix": store.prefix, "account": store.scope.account.description,
                "region": store.scope.region.description, "is_enabled": store.isEnabled,
                "requests_per_second": store.requestsPerSecond, "policy": store.policy?.exactly,
                "creation_date": store.creationDate.milliseconds,
            ]
        )
    }

    /// The foreign key takes the store's credentials with it. A store that is not there is no error: that is how a retry
    /// ends.
    func removeXKSStore(_ prefix: String) throws {
        try run("DELETE FROM xks_store WHERE prefix = :prefix", ["prefix": prefix])
    }

    func save(_ credential: XKSCredential) throws {
        try run(
            """
            INSERT INTO xks_credential (id, prefix, sealed_secret, creation_date)
            VALUES (:id, :prefix, :sealed_secret, :creation_date)
            ON CONFLICT (id) DO UPDATE SET
                prefix = excluded.prefix, sealed_secret = excluded.sealed_secret,
                creation_date = excluded.creation_date
            """,
            [
                "id": credential.id, "prefix": credential.prefix, "sealed_secret": credential.sealedSecret.bytes.blob,
                "creation_date": credential.creationDate.milliseconds,
            ]
        )
    }

    func removeXKSCredential(_ id: String) throws {
        try run("DELETE FROM xks_credential WHERE id = :id", ["id": id])
    }

    func readXKSStores() throws -> [XKSStore] {
        try rows(
            """
            SELECT prefix, account, region, is_enabled, requests_per_second, CAST(policy AS BLOB) AS policy,
                creation_date
            FROM xks_store ORDER BY prefix
            """,
            of: "xks_store", keyedBy: ["prefix"]
        ) { row in
            XKSStore(
                prefix: try row.text("prefix"), scope: try row.scope(), isEnabled: try row.flag("is_enabled"),
                requestsPerSecond: try row.count("requests_per_second"),
                policy: try row.optional("policy", row.exactText), creationDate: try row.timestamp("creation_date"))
        }
    }

    func readXKSCredentials() throws -> [XKSCredential] {
        try rows(
            "SELECT id, prefix, sealed_secret, creation_date FROM xks_credential ORDER BY id", of: "xks_credential",
            keyedBy: ["id"]
        ) { row in
            XKSCredential(
                id: try row.text("id"), prefix: try row.text("prefix"), sealedSecret: try row.sealed("sealed_secret"),
                creationDate: try row.timestamp("creation_date"))
        }
    }

    // MARK: Keys

    func replaceExposure(of key: Key) throws {
        try run(
            "DELETE FROM key_exposure WHERE account = :account AND region = :region AND key_id = :key_id",
            key.address.arguments
        )
        guard let exposure = key.exposure else { return }
        try run(
            """
            INSERT INTO key_exposure (account, region, key_id, prefix, external_id, may_encrypt, may_decrypt)
            VALUES (:account, :region, :key_id, :prefix, :external_id, :may_encrypt, :may_decrypt)
            """,
            key.address.arguments + [
                "prefix": exposure.name.prefix, "external_id": exposure.name.id,
                "may_encrypt": exposure.uses.contains(.encrypt), "may_decrypt": exposure.uses.contains(.decrypt),
            ]
        )
    }

    func readExposures() throws -> [KeyAddress: KeyExposure] {
        let all = try rows(
            "SELECT account, region, key_id, prefix, external_id, may_encrypt, may_decrypt FROM key_exposure",
            of: "key_exposure", keyedBy: ["account", "region", "key_id"]
        ) { row in
            var uses: Set<KeyExposure.Use> = []
            if try row.flag("may_encrypt") { uses.insert(.encrypt) }
            if try row.flag("may_decrypt") { uses.insert(.decrypt) }
            let name = KeyExposure.Name(prefix: try row.text("prefix"), id: try row.text("external_id"))
            return (try row.address("key_id"), KeyExposure(name: name, uses: uses))
        }
        return Dictionary(all) { first, _ in first }
    }
}
