import LibCrypto

/// What an earlier process left in the folder, after it was proved and what a crash left unfinished was moved aside.
struct RecoveredLog {
    /// The last record, and its hash.
    var sequence: UInt64 = 0
    var hash = LogHash.zero
    /// The file that it goes on in.
    var file: RecordFileName?
    var digests = 0
    var digestHash = LogHash.zero
    var head: LogHead?
    /// What no digest is of yet.
    var undigested: [Stretch] = []
    var movedAside: [MovedBytes] = []

    /// How many records were found that nobody had signed for.
    var signedLate: UInt64 { sequence - min(sequence, proven) }
    private var proven: UInt64 = 0

    /// Reads the folder. Throws `Refusal` where it does not fit what was signed.
    init(_ folder: LogFolder, signedBy key: PublicKey) throws {
        let names = try folder.list().records
        guard let bytes = try folder.read(LogFolder.head, atMost: DigestTrail.maximumSize) else {
            try Self.checkBeginning(folder, names)
            return
        }
        let line = bytes.last == 0x0a ? bytes.dropLast() : bytes[...]
        guard let head = SignedStatement.read(LogHead.self, from: Array(line), signedBy: key) else {
            throw Refusal("\(LogFolder.head) was altered, or signed with another key than this server's")
        }
        self.head = head
        let trail = try recoverDigests(folder, head, key)
        try recoverRecords(folder, names, head, trail)
    }

    /// A log without a head is one that was never begun; only then may one be begun.
    private static func checkBeginning(_ folder: LogFolder, _ names: [RecordFileName]) throws {
        guard names.isEmpty, folder.size(of: LogFolder.digests) == 0 else {
            throw Refusal("\(LogFolder.head) is missing")
        }
        guard try folder.read(LogFolder.begin, atMost: 1) != nil else {
            throw Refusal.missing(folder)
        }
    }

    private mutating func recoverDigests(
        _ folder: LogFolder, _ head: LogHead, _ key: PublicKey
    ) throws -> DigestTrail {
        let trail = try DigestTrail(folder, signedBy: key)
        guard trail.holds(head) else {
            throw Refusal(
                "\(LogFolder.digests), line \(trail.fault?.line ?? trail.digests.count + 1): "
                    + (trail.fault?.text ?? "the digests end before number \(head.digests), which the head names"))
        }
        if trail.fault != nil || trail.remainder > 0 {
            movedAside.append(try folder.moveAside(from: LogFolder.digests, behind: trail.size))
        }
        digests = trail.digests.count
        digestHash = trail.lastHash
        return trail
    }

    private mutating func recoverRecords(
        _ folder: LogFolder, _ names: [RecordFileName], _ head: LogHead, _ trail: DigestTrail
    ) throws {
        proven = max(head.sequence, trail.last)
        guard let headHash = LogHash(head.hash) else { throw Refusal("\(LogFolder.head) names no hash") }
        // The file that the last digest is of, and those behind it: what is before is proved by the digests.
        let start = names.lastIndex { $0.first <= max(1, trail.last) } ?? 0
        let diagnosis = Diagnosis(folder: folder, names: names, digests: trail.digests)
        var walk = ChainWalk(
            folder, after: names.isEmpty ? 0 : names[start].first - 1, in: trail,
            anchors: trail.anchors + [ChainWalk.Anchor(sequence: head.sequence, hash: headHash)])
        for name in names.dropFirst(start) {
            let found = try walk.walk(name)
            guard found != nil || walk.remainder > 0 else { continue }
            // What nobody has signed for may be anything after a crash, but only at the very end.
            guard walk.sequence >= proven, name == names.last, name.first <= walk.sequence + 1 else {
                throw Refusal(try diagnosis.fault(found, name, walk).description)
            }
            let offset = found?.place.offset ?? (folder.size(of: name.text) - walk.remainder)
            movedAside.append(try folder.moveAside(from: name.text, behind: offset))
        }
        guard walk.sequence >= proven, let hash = walk.hash else {
            throw Refusal(diagnosis.end(of: walk, proven: proven).description)
        }
        if let last = names.last, last.first > walk.sequence + 1 {
            throw Refusal("\(last.text) is a file that the log did not make")
        }
        sequence = walk.sequence
        self.hash = hash
        file = names.last
        for stretch in walk.stretches where stretch.last > trail.last {
            undigested += Stretch.split(stretch, after: trail.last, head.sequence, headHash)
        }
    }

    /// Why a log is not gone on with.
    struct Refusal: Error, CustomStringConvertible {
        let description: String
        init(_ description: String) { self.description = description }

        static func missing(_ folder: LogFolder) -> Refusal {
            Refusal(
                "the log is missing, though this server has kept one; put it back, or let a new one be begun by making"
                    + " the file \(folder.file(LogFolder.begin))")
        }
    }
}
