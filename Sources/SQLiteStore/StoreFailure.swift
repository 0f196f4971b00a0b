internal import GRDB
internal import KMSCore

/// What this target itself finds wrong, in words for the operator's log.
struct StoreFailure: Error {
    let cause: String

    init(_ cause: String) {
        self.cause = cause
    }
}

/// Runs `body` and turns whatever it throws into the domain's error: the only place that does.
func translatingErrors<Value>(at path: String, _ body: () throws -> Value) throws(KMSError) -> Value {
    do {
        return try body()
    } catch {
        throw KMSError(.internalFailure, "the metadata store failed", cause: "\(path): \(cause(of: error))")
    }
}

private func cause(of error: any Error) -> String {
    switch error {
    case let failure as StoreFailure:
        failure.cause
    case let error as DatabaseError:
        // The message names tables and columns. The SQL and its arguments, which GRDB keeps too, are left out, because
        // the arguments are what is stored.
        "\(advice(for: error.resultCode))SQLite error \(error.extendedResultCode.rawValue)"
            + (error.message.map { ": \($0)" } ?? "")
    default:
        // A description may hold what was read. The type is enough to find the fault.
        "\(type(of: error))"
    }
}

/// What the operator can do about it, where there is something.
private func advice(for code: ResultCode) -> String {
    switch code {
    case .SQLITE_FULL: "the disk is full, or the file as large as it may grow; nothing was changed: "
    case .SQLITE_READONLY: "the database or its folder is read-only; nothing was changed: "
    case .SQLITE_CANTOPEN: "the file cannot be opened; it and its folder must be there and writable: "
    case .SQLITE_NOTADB: "the file is not a database, or damaged: "
    case .SQLITE_CORRUPT: "the database is damaged; restore it from a backup: "
    case .SQLITE_BUSY, .SQLITE_LOCKED: "another process keeps the database locked; nothing was changed: "
    case .SQLITE_CONSTRAINT: "a change contradicts what is stored; nothing was changed: "
    default: ""
    }
}
