internal import FoundationEssentials
internal import KMSCore

// How the domain's values are handed to SQLite, where that is not plain.

extension String {
    /// The text as bytes, for a `CAST(… AS TEXT)`: GRDB binds a string as a C string, which ends at the first NUL.
    /// Callers choose descriptions, policies and tags, and JSON can spell a NUL.
    var exactly: Data { Data(utf8) }
}

extension [UInt8] {
    var blob: Data { Data(self) }
}

extension UInt64 {
    /// The number as SQLite's signed integer. Reservations end at 2^32 (SP 800-38D §8.3), so all real ones fit.
    var stored: Int64 {
        get throws {
            guard let number = Int64(exactly: self) else {
                throw StoreFailure("a reservation of \(self) encryptions is too large to be stored")
            }
            return number
        }
    }
}
