internal import GRDB
internal import KMSCore

extension Database {
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

    /// The rows of a table whose rows belong to another's, by what they belong to and in the statement's order.
    func rowsByOwner<Owner: Hashable, Value>(
        _ sql: String, of table: String, keyedBy primaryKey: [String], owner: (StoredRow) throws -> Owner,
        _ read: (StoredRow) throws -> Value
    ) throws -> [Owner: [Value]] {
        let all = try rows(sql, of: table, keyedBy: primaryKey) { (try owner($0), try read($0)) }
        var values: [Owner: [Value]] = [:]
        for (owner, value) in all { values[owner, default: []].append(value) }
        return values
    }

    /// The same of pairs, such as tags: what is in the columns `name` and `value`, which were read as bytes.
    func pairsByOwner<Owner: Hashable>(
        _ sql: String, of table: String, keyedBy primaryKey: [String], name: String = "name", value: String = "value",
        owner: (StoredRow) throws -> Owner
    ) throws -> [Owner: [String: String]] {
        let all = try rows(sql, of: table, keyedBy: primaryKey) {
            (try owner($0), try $0.exactText(name), try $0.exactText(value))
        }
        var pairs: [Owner: [String: String]] = [:]
        for (owner, name, value) in all { pairs[owner, default: [:]][name] = value }
        return pairs
    }

    /// Throws when a table speaks of keys that are not there: they were removed behind our back, by a tool that does
    /// not enforce foreign keys.
    func refuseOrphans(_ addresses: some Collection<KeyAddress>, of table: String) throws {
        try refuseOrphans(addresses.map { "the key \($0.arn)" }, of: table, in: "key")
    }

    /// The same of rows that belong to something else, which is in the table `parent`.
    func refuseOrphans(_ owners: [String], of table: String, in parent: String) throws {
        guard let owner = owners.min() else { return }
        throw StoreFailure(
            "table \(table) has rows of \(owner), which is not in table \(parent); restore a backup, or mend it"
        )
    }
}
