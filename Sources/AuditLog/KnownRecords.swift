import KMSCore

/// Keeps what comes out of the outbox twice from being written twice.
struct KnownRecords {
    /// The ids of the last items, as many as could be on their way at once.
    private var recent: Set<String> = []
    private var order: [String] = []
    private var next = 0
    private static let limit = 4096

    /// Items that are older have been an earlier process's, and may be in the log.
    private let start: Timestamp
    private let folder: LogFolder

    init(_ folder: LogFolder, at start: Timestamp) {
        self.folder = folder
        self.start = start
    }

    /// Leaves out what is in the log already.
    mutating func filter(_ entries: [LogQueue.Entry]) throws(LogFailure) -> [LogQueue.Entry] {
        let earlier = entries.compactMap(\.item).filter { $0.date < start }
        var written: Set<String> = []
        if let oldest = earlier.map(\.date).min() {
            written = try search(Set(earlier.map(\.id)), since: oldest)
        }
        return entries.filter { entry in
            guard let id = entry.item?.id else { return true }
            return !written.contains(id) && remember(id)
        }
    }

    /// Answers whether it was not known yet.
    private mutating func remember(_ id: String) -> Bool {
        guard recent.insert(id).inserted else { return false }
        if order.count < Self.limit {
            order.append(id)
        } else {
            recent.remove(order[next])
            order[next] = id
            next = (next + 1) % Self.limit
        }
        return true
    }

    /// Which of the records are in the files that were written to at that time or later.
    private func search(_ ids: Set<String>, since date: Timestamp) throws(LogFailure) -> Set<String> {
        var found: Set<String> = []
        for name in try folder.records(since: date) {
            var reader = try LineReader(folder.file(name.text))
            try reader.forEachLine { line in
                if let id = Self.id(in: line), ids.contains(id) { found.insert(id) }
                return true
            }
        }
        return found
    }

    private static let mark = Array(#""eventID":""#.utf8)

    /// The record's own id is the last of that name: what a caller sent stands before it.
    private static func id(in line: Span<UInt8>) -> String? {
        var index = line.count - mark.count - 36
        while index >= 0 {
            if line[index] == mark[0], line.starts(with: mark, at: index) {
                let id = (index + mark.count)..<(index + mark.count + 36)
                return String(decoding: id.map { line[$0] }, as: UTF8.self)
            }
            index -= 1
        }
        return nil
    }
}
