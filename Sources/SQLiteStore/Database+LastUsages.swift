internal import GRDB
internal import KMSCore

extension Database {
    /// Sets when keys were last used. They are written some time after the use, so a key may have been removed since:
    /// it is passed over.
    func save(_ usages: [KeyAddress: KeyLastUsage]) throws {
        for (address, usage) in usages {
            try run(
                """
                INSERT INTO key_last_usage (account, region, key_id, operation, date, request_id)
                SELECT account, region, id, CAST(:operation AS TEXT), :date, CAST(:request_id AS TEXT) FROM key
                WHERE account = :account AND region = :region AND id = :key_id
                ON CONFLICT DO UPDATE SET
                    operation = excluded.operation, date = excluded.date, request_id = excluded.request_id
                """,
                address.arguments + [
                    "operation": usage.operation.exactly, "date": usage.date.milliseconds,
                    "request_id": usage.requestID.exactly,
                ]
            )
        }
    }

    func readLastUsages() throws -> [KeyAddress: KeyLastUsage] {
        let all = try rows(
            """
            SELECT account, region, key_id, CAST(operation AS BLOB) AS operation, date,
                CAST(request_id AS BLOB) AS request_id
            FROM key_last_usage
            """,
            of: "key_last_usage", keyedBy: ["account", "region", "key_id"]
        ) { row in
            let usage = KeyLastUsage(
                operation: try row.exactText("operation"), date: try row.timestamp("date"),
                requestID: try row.exactText("request_id")
            )
            return (try row.address("key_id"), usage)
        }
        return Dictionary(uniqueKeysWithValues: all)
    }
}
