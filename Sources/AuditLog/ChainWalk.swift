/// Where a line stands.
struct LinePlace: Hashable {
    let file: String
    /// From 1.
    let line: Int
    /// In bytes, from the file's beginning.
    let offset: Int
}

/// Follows the chain of records through their files, one after the other.
struct ChainWalk {
    /// A record whose hash is signed.
    struct Anchor: Hashable {
        let sequence: UInt64
        let hash: LogHash
    }

    /// The records of one file.
    struct Stretch: Hashable {
        let file: String
        let first: UInt64
        let last: UInt64
        let hash: LogHash
    }

    /// A line that does not continue the chain.
    struct Break: Hashable {
        enum Kind: Hashable {
            /// It is no record.
            case form
            /// It has another sequence than is due.
            case sequence(UInt64)
            /// What it says of the line before is not so.
            case previous
            /// Its hash is not the one that was signed.
            case anchor
            /// It is the first of a file whose name says another sequence.
            case name
        }

        let kind: Kind
        let place: LinePlace
    }

    let folder: LogFolder
    /// Of the last line that continues the chain.
    private(set) var sequence: UInt64
    /// Of the same; nil before the first one, where it is not known.
    private(set) var hash: LogHash?
    private(set) var place: LinePlace?
    /// What was walked through, file by file; those without records are not in it.
    private(set) var stretches: [Stretch] = []
    /// What stands behind the last end of a line in the last file.
    private(set) var remainder = 0
    private(set) var bytes = 0
    /// By sequence.
    private let anchors: [Anchor]
    private var nextAnchor = 0
    /// The last record that is known to be as it was signed.
    private(set) var proven: UInt64

    /// - Parameter sequence: The record that the first line follows. Unless `trail` knows its hash, the first line is
    ///   believed what it says of it, and proved by what comes later.
    init(_ folder: LogFolder, after sequence: UInt64, in trail: DigestTrail, anchors: [Anchor]) {
        self.folder = folder
        self.sequence = sequence
        hash = sequence == 0 ? .zero : trail.anchors.first { $0.sequence == sequence }?.hash
        proven = hash == nil ? 0 : sequence
        self.anchors = anchors.filter { $0.sequence > sequence }.sorted { $0.sequence < $1.sequence }
    }

    /// Follows the chain to the end of `file` or to the first line that does not continue it.
    ///
    /// - Parameter progress: Called now and then.
    mutating func walk(_ file: RecordFileName, progress: (ChainWalk) -> Void = { _ in }) throws(LogFailure) -> Break? {
        var reader = try LineReader(folder.file(file.text))
        var line = 0
        var offset = 0
        var found: Break.Kind?
        var walk = self
        let start = bytes
        try reader.forEachLine { text in
            line += 1
            found = walk.follow(text, isFirst: line == 1, file)
            guard found == nil else { return false }
            walk.place = LinePlace(file: file.text, line: line, offset: offset)
            offset += text.count + 1
            if line % 65_536 == 0 {
                walk.bytes = start + offset
                progress(walk)
            }
            return true
        }
        if walk.sequence > sequence, let hash = walk.hash {
            walk.stretches.append(
                Stretch(file: file.text, first: sequence + 1, last: walk.sequence, hash: hash))
        }
        walk.bytes = start + offset
        walk.remainder = found == nil ? reader.remainder : 0
        self = walk
        return found.map { Break(kind: $0, place: LinePlace(file: file.text, line: line, offset: offset)) }
    }

    /// Answers why the line does not continue the chain, or nil and goes on.
    private mutating func follow(_ text: Span<UInt8>, isFirst: Bool, _ file: RecordFileName) -> Break.Kind? {
        guard let line = RecordLine(text) else { return .form }
        guard line.sequence == sequence + 1 else { return .sequence(line.sequence) }
        if let hash, !text.starts(with: hash.hexadecimal, at: line.previous.lowerBound) { return .previous }
        if isFirst, file.first != line.sequence { return .name }
        let own = LogHash(of: text)
        while nextAnchor < anchors.count, anchors[nextAnchor].sequence == line.sequence {
            guard anchors[nextAnchor].hash == own else { return .anchor }
            nextAnchor += 1
            proven = line.sequence
        }
        sequence = line.sequence
        hash = own
        return nil
    }
}
