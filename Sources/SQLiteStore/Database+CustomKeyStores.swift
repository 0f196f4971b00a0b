internal import GRDB
internal import KMSCore

extension Database {
    func save(_ store: CustomKeyStore) throws {
        try run(
            """
            INSERT INTO custom_key_store (
                id, account, region, name, type, creation_date, connection_state, connection_error
            ) VALUES (
                :id, :account, :region, CAST(:name AS TEXT), :type, :creation_date, :connection_state,
                :connection_error
            )
            ON CONFLICT (id) DO UPDATE SET
                name = excluded.name, type = excluded.type, creation_date = excluded.creation_date,
                connection_state = excluded.connection_state, connection_error = excluded.connection_error
            """,
            [
                "id": store.id.description, "account": store.scope.account.description,
                "region": store.scope.region.description, "name": store.name.exactly, "type": store.backing.type,
                "creation_date": store.creationDate.milliseconds, "connection_state": store.connection.name,
                "connection_error": store.connection.error?.rawValue,
            ]
        )
        switch store.backing {
        case .cloudHSM(let backing): try save(backing, of: store.id)
        case .xksProxy(let backing): try save(backing, of: store.id)
        }
    }

    private func save(_ backing: CloudHSMBacking, of id: CustomKeyStoreID) throws {
        try run(
            """
            INSERT INTO custom_key_store_cluster (id, cluster_id, trust_anchor, sealed_password)
            VALUES (:id, CAST(:cluster_id AS TEXT), CAST(:trust_anchor AS TEXT), :sealed_password)
            ON CONFLICT (id) DO UPDATE SET
                cluster_id = excluded.cluster_id, trust_anchor = excluded.trust_anchor,
                sealed_password = excluded.sealed_password
            """,
            [
                "id": id.description, "cluster_id": backing.clusterID.exactly,
                "trust_anchor": backing.trustAnchor.exactly,
                "sealed_password": backing.sealedPassword.bytes.blob,
            ]
        )
    }

    private func save(_ backing: XKSProxyBacking, of id: CustomKeyStoreID) throws {
        try run(
            """
            INSERT INTO custom_key_store_proxy (id, uri_endpoint, uri_path, access_key_id, sealed_secret)
            VALUES (:id, :uri_endpoint, :uri_path, :access_key_id, :sealed_secret)
            ON CONFLICT (id) DO UPDATE SET
                uri_endpoint = excluded.uri_endpoint, uri_path = excluded.uri_path,
                access_key_id = excluded.access_key_id, sealed_secret = excluded.sealed_secret
            """,
            [
                "id": id.description, "uri_endpoint": backing.uriEndpoint, "uri_path": backing.uriPath,
                "access_key_id": backing.accessKeyID, "sealed_secret": backing.sealedSecret.bytes.blob,
            ]
        )
    }

    /// One that is not there is no error: that is how a retry ends.
    func removeCustomKeyStore(_ id: CustomKeyStoreID) throws {
        try run("DELETE FROM custom_key_store WHERE id = :id", ["id": id.description])
    }

    func readCustomKeyStores() throws -> [CustomKeyStore] {
        var clusters = Dictionary(uniqueKeysWithValues: try readClusters())
        var proxies = Dictionary(uniqueKeysWithValues: try readProxies())
        let stores = try rows(
            """
            SELECT id, account, region, CAST(name AS BLOB) AS name, type, creation_date, connection_state,
                connection_error
            FROM custom_key_store ORDER BY id
            """,
            of: "custom_key_store", keyedBy: ["id"]
        ) { row in
            let id = try row.customKeyStoreID("id")
            let error = try row.optional("connection_error", row.text).map(ConnectionErrorCode.init)
            let backing: CustomKeyStore.Backing? =
                switch try row.text("type") {
                case CloudHSMBacking.type: clusters.removeValue(forKey: id).map { .cloudHSM($0) }
                case XKSProxyBacking.type: proxies.removeValue(forKey: id).map { .xksProxy($0) }
                default: nil
                }
            guard let backing else {
                throw row.failure("what it stands on is not there, or of a type that is not known")
            }
            return CustomKeyStore(
                id: id, scope: try row.scope(), name: try row.exactText("name"),
                creationDate: try row.timestamp("creation_date"),
                connection: try row.parsed(
                    "connection_state", ConnectionState(name: row.text("connection_state"), error: error)),
                backing: backing)
        }
        try refuseOrphans(clusters.keys.map(\.description), of: "custom_key_store_cluster", in: "custom_key_store")
        try refuseOrphans(proxies.keys.map(\.description), of: "custom_key_store_proxy", in: "custom_key_store")
        return stores
    }

    private func readClusters() throws -> [(CustomKeyStoreID, CloudHSMBacking)] {
        try rows(
            """
            SELECT id, CAST(cluster_id AS BLOB) AS cluster_id, CAST(trust_anchor AS BLOB) AS trust_anchor,
                sealed_password
            FROM custom_key_store_cluster
            """,
            of: "custom_key_store_cluster", keyedBy: ["id"]
        ) { row in
            (
                try row.customKeyStoreID("id"),
                CloudHSMBacking(
                    clusterID: try row.exactText("cluster_id"), trustAnchor: try row.exactText("trust_anchor"),
                    sealedPassword: try row.sealed("sealed_password"))
            )
        }
    }

    private func readProxies() throws -> [(CustomKeyStoreID, XKSProxyBacking)] {
        try rows(
            "SELECT id, uri_endpoint, uri_path, access_key_id, sealed_secret FROM custom_key_store_proxy",
            of: "custom_key_store_proxy", keyedBy: ["id"]
        ) { row in
            (
                try row.customKeyStoreID("id"),
                XKSProxyBacking(
                    uriEndpoint: try row.text("uri_endpoint"), uriPath: try row.text("uri_path"),
                    accessKeyID: try row.text("access_key_id"), sealedSecret: try row.sealed("sealed_secret"))
            )
        }
    }
}

extension CustomKeyStore.Backing {
    fileprivate var type: String {
        switch self {
        case .cloudHSM: CloudHSMBacking.type
        case .xksProxy: XKSProxyBacking.type
        }
    }
}

extension CloudHSMBacking {
    fileprivate static let type = "AWS_CLOUDHSM"
}

extension XKSProxyBacking {
    fileprivate static let type = "EXTERNAL_KEY_STORE"
}

extension StoredRow {
    func customKeyStoreID(_ column: String) throws -> CustomKeyStoreID {
        try parsed(column, CustomKeyStoreID(text(column)))
    }
}
