package import KMSCore

/// How an audit log is kept. The defaults are for a server of its own.
package struct AuditLogSettings: Sendable {
    /// What becomes of work that cannot be recorded.
    package enum FailurePolicy: String, Sendable {
        /// It is refused, until records can be written again.
        case refuse
        /// It is done all the same. Records that find no room are lost, and the log says how many as soon as it can.
        case `continue`
    }

    /// When a new file is begun, whatever the size of the last one. By UTC.
    package enum Rotation: String, Sendable {
        case hourly
        case daily
    }

    package var folder: String
    /// Whose account and Region the log's own records name.
    package var account: AccountID
    package var region: Region
    package var onFailure = FailurePolicy.refuse
    package var rotation = Rotation.daily
    /// In bytes. A record that is longer has a file of its own.
    package var maximumFileSize = 256 << 20
    /// How many records, and how many bytes of them, wait for the disk at the most.
    package var maximumWaitingRecords = 65_536
    package var maximumWaitingBytes = 64 << 20
    /// How long a record waits for others to be written with it. At most a second.
    package var syncInterval = Duration.milliseconds(200)
    /// How long records wait for the signature of a head at the most, while there is somebody to sign.
    package var headInterval = Duration.seconds(1)
    /// How often a digest is signed, besides at the end of each file: in whole seconds of the clock.
    package var digestInterval: Int64 = 3600
    /// How long work goes on that nobody signs for; nil for any time. The records are chained meanwhile, so they are
    /// safe against anybody who cannot write them all anew.
    package var maximumUnsignedTime: Duration? = .seconds(3600)
    /// How long ``FileAuditLog/close()`` waits for the last signatures.
    package var closingTime = Duration.seconds(10)

    package init(folder: String, account: AccountID, region: Region) {
        self.folder = folder
        self.account = account
        self.region = region
    }
}

/// What the operator should hear of an audit log.
package enum AuditLogNotice: Hashable, Sendable {
    /// An alarm: nothing can be written. It is tried again every second.
    case cannotWrite(cause: String)
    case writesAgain
    /// An alarm, where settings let work go on: so many records found no room.
    case lost(records: Int)
    /// An alarm: digests and heads are not signed. It is tried again every second.
    case cannotSign(cause: String)
    case signsAgain
    /// An earlier process ended in the middle of writing. What it wrote last is in `copy`, and no record.
    case movedAside(bytes: Int, copy: String)
    /// An earlier process ended before these were signed for.
    case signedLate(records: UInt64)
}
