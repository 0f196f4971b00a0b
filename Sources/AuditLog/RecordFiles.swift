import KMSCore

/// Writes records into files, chained and in whole batches.
struct RecordFiles {
    let folder: LogFolder
    private let settings: AuditLogSettings
    private var name: RecordFileName?
    private var file: AppendedFile?
    /// Lines that are not on the disk yet.
    private var buffer: [UInt8] = []
    private var sequence: UInt64
    private var hash: LogHash
    /// The last record that is on the disk for good, and its hash.
    private(set) var committed: (sequence: UInt64, hash: LogHash)
    /// The first record of the current file that is in no stretch yet.
    private var start: UInt64
    /// What is to have digests.
    private(set) var stretches: [Stretch] = []

    init(_ settings: AuditLogSettings, _ recovered: RecoveredLog) throws(LogFailure) {
        folder = LogFolder(settings.folder)
        self.settings = settings
        sequence = recovered.sequence
        hash = recovered.hash
        committed = (recovered.sequence, recovered.hash)
        start = recovered.sequence + 1
        stretches = recovered.undigested
        name = recovered.file
        if let name { file = try AppendedFile(folder.file(name.text), isNew: false) }
    }

    /// Takes a record. It is on the disk after the next ``commit()``. When this throws, it was not taken.
    mutating func add(_ record: [UInt8], at date: Timestamp) throws(LogFailure) {
        let room = settings.maximumFileSize - record.count - 128
        if let file, file.size + buffer.count > 0,
            file.size + buffer.count > room || name?.isOf(date, settings.rotation) != true
        {
            try commit()
            cut()
            self.file = nil
            file.close()
        }
        if file == nil {
            let name = RecordFileName(first: sequence + 1, at: date)
            file = try AppendedFile(folder.file(name.text), isNew: true)
            self.name = name
            try folder.sync()
        }
        sequence += 1
        hash = RecordLine.append(sequence, hash, record, to: &buffer)
    }

    var isCommitted: Bool { buffer.isEmpty }

    /// Waits until all records are on the disk for good. When this throws, it may be called again.
    mutating func commit() throws(LogFailure) {
        guard !buffer.isEmpty else { return }
        try file?.append(buffer)
        committed = (sequence, hash)
        // What an exceptional batch took is given back.
        buffer.removeAll(keepingCapacity: buffer.count < 4 << 20)
    }

    /// Ends a stretch at the last record on the disk.
    mutating func cut() {
        guard start <= committed.sequence, let name else { return }
        stretches.append(
            Stretch(file: name.text, first: start, last: committed.sequence, hash: committed.hash))
        start = committed.sequence + 1
    }

    mutating func takeStretches() -> [Stretch] {
        defer { stretches = [] }
        return stretches
    }

    consuming func close() {
        file?.close()
    }
}
