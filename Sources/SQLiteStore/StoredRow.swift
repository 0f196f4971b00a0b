internal import FoundationEssentials
internal import GRDB
internal import KMSCore

/// A row as it was read: every value is checked, because a file outlives the code that wrote it and an operator may
/// have edited it. What cannot be read is an error that names table and primary key, but not the value.
struct StoredRow {
    private let row: Row
    private let table: String
    private let primaryKey: [String]

    /// - Parameter primaryKey: the columns that tell which row it is.
    init(_ row: Row, of table: String, keyedBy primaryKey: [String]) {
        self.row = row
        self.table = table
        self.primaryKey = primaryKey
    }

    func text(_ column: String) throws -> String {
        try value(column) { if case .string(let text) = $0 { text } else { nil } }
    }

    /// Text that was read as bytes, `CAST(… AS BLOB)`, for the reason that ``Swift/String/exactly`` has.
    func exactText(_ column: String) throws -> String {
        try value(column) { if case .blob(let data) = $0 { String(validating: data, as: UTF8.self) } else { nil } }
    }

    func integer(_ column: String) throws -> Int64 {
        try value(column) { if case .int64(let integer) = $0 { integer } else { nil } }
    }

    func bytes(_ column: String) throws -> [UInt8] {
        try value(column) { if case .blob(let data) = $0 { Array(data) } else { nil } }
    }

    /// What `read` makes of `column`, or nil where it is null.
    func optional<Value>(_ column: String, _ read: (String) throws -> Value) throws -> Value? {
        isNull(column) ? nil : try read(column)
    }

    func isNull(_ column: String) -> Bool {
        storage(column) == .null
    }

    func materialNumber(_ column: String) throws -> UInt32 {
        try parsed(column, UInt32(exactly: integer(column)))
    }

    /// A number of things, so zero or more.
    func count(_ column: String) throws -> Int {
        let count = try parsed(column, Int(exactly: integer(column)))
        return try parsed(column, count >= 0 ? count : nil)
    }

    func timestamp(_ column: String) throws -> Timestamp {
        Timestamp(milliseconds: try integer(column))
    }

    func flag(_ column: String) throws -> Bool {
        try parsed(column, [0: false, 1: true][integer(column)])
    }

    func account(_ column: String) throws -> AccountID {
        try parsed(column, AccountID(text(column)))
    }

    func sealed(_ column: String) throws -> SealedBytes {
        try parsed(column, SealedBytes(bytes(column)))
    }

    func scope() throws -> Scope {
        Scope(
            account: try account("account"),
            region: try parsed("region", Region(text("region")))
        )
    }

    /// The key whose id is in `column`.
    func address(_ column: String) throws -> KeyAddress {
        KeyAddress(scope: try scope(), id: try parsed(column, KeyID(text(column))))
    }

    func reference() throws -> MaterialReference {
        MaterialReference(
            object: try parsed("object_id", ObjectID(bytes: bytes("object_id"))), checkValue: try bytes("check_value")
        )
    }

    /// `value`, unless it is nil because what `column` holds makes no sense.
    func parsed<Value>(_ column: String, _ value: Value?) throws -> Value {
        guard let value else { throw failure("\(column) cannot be read") }
        return value
    }

    func failure(_ what: String) -> StoreFailure {
        let name = primaryKey.map { "\($0) \(printable($0))" as String }.joined(separator: ", ")
        return StoreFailure("the row of table \(table) with \(name): \(what); restore a backup, or mend it")
    }

    /// A part of the primary key, escaped for a log.
    private func printable(_ column: String) -> String {
        switch storage(column) {
        case .null: "null"
        case .int64(let integer): String(integer)
        case .double(let number): String(number)
        case .string(let text): text.debugDescription
        // Text that was read as bytes.
        case .blob(let data): String(decoding: data, as: UTF8.self).debugDescription
        }
    }

    private func storage(_ column: String) -> DatabaseValue.Storage {
        (row[column] as DatabaseValue).storage
    }

    private func value<Value>(_ column: String, _ read: (DatabaseValue.Storage) -> Value?) throws -> Value {
        try parsed(column, read(storage(column)))
    }
}
