package import KMSCore

/// Reads the records of a log in their order, and goes on when more are written, whatever file they are in.
package struct AuditReader: ~Copyable {
    private let folder: LogFolder
    private var name: RecordFileName
    private var reader: LineReader

    /// Begins with the first record of a file.
    package init(_ folder: LogFolder, from name: RecordFileName) throws(LogFailure) {
        self.folder = folder
        self.name = name
        reader = try LineReader(folder.file(name.text))
    }

    /// Gives out the records that are there by now, each as one JSON object; what is none is passed over.
    package mutating func read(_ body: (Span<UInt8>) -> Void) throws(LogFailure) {
        while true {
            // Asked first: what is added to the file afterwards is followed by nothing in another.
            let following = try folder.list().records.first { $0.text > name.text }
            try reader.forEachLine { line in
                if let record = RecordLine(line)?.record { body(line.extracting(record)) }
                return true
            }
            guard let following else { return }
            reader = try LineReader(folder.file(following.text))
            name = following
        }
    }
}

extension LogFolder {
    /// The files that may hold records of that time or later. An hour is allowed for a clock that was set back.
    package func records(since date: Timestamp) throws(LogFailure) -> [RecordFileName] {
        let names = try list().records
        let stamp = RecordFileName.stamp(Timestamp(milliseconds: date.milliseconds - 3_600_000))
        return Array(names.dropFirst(names.lastIndex { $0.stamp <= stamp } ?? 0))
    }

    /// The last records that match, at most `count` of them and in their order.
    ///
    /// - Parameter end: The file in front of which to look; nil for all of them.
    package func last(
        _ count: Int, matching query: AuditQuery, before end: RecordFileName? = nil
    ) throws(LogFailure) -> [[UInt8]] {
        var found: [[UInt8]] = []
        let names = try list().records.filter { name in end.map { name.text < $0.text } ?? true }
        for name in names.reversed() where found.count < count {
            var matches: [[UInt8]] = []
            var reader = try LineReader(file(name.text))
            try reader.forEachLine { line in
                guard let range = RecordLine(line)?.record else { return true }
                if let record = query.match(line.extracting(range)) { matches.append(record) }
                if matches.count > 2 * count { matches.removeFirst(matches.count - count) }
                return true
            }
            found = matches.suffix(count - found.count) + found
        }
        return found
    }
}

extension AuditQuery {
    /// The record, if it is one of those that are wanted.
    package func match(_ record: Span<UInt8>) -> [UInt8]? {
        guard mayMatch(record) else { return nil }
        let bytes = record.indices.map { record[$0] }
        guard let event = AuditEvent(bytes), matches(event) else { return nil }
        return bytes
    }
}
