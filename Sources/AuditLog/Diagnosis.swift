/// Makes out what was done to a log whose chain breaks: which record is the first bad one.
struct Diagnosis {
    let folder: LogFolder
    let names: [RecordFileName]
    let digests: [LogDigest]

    /// - Parameter found: Nil where the file's last line has no end.
    func fault(_ found: ChainWalk.Break?, _ name: RecordFileName, _ walk: ChainWalk) throws(LogFailure) -> AuditFault {
        if let found { return try fault(found, walk) }
        let line = walk.place?.file == name.text ? (walk.place?.line ?? 0) + 1 : 1
        return AuditFault(
            .altered, name.text, line: line, sequence: walk.sequence + 1, "the line has no end")
    }

    /// - Parameter walk: As it stands before the line that does not continue the chain.
    private func fault(_ found: ChainWalk.Break, _ walk: ChainWalk) throws(LogFailure) -> AuditFault {
        let due = walk.sequence + 1
        let place = found.place
        switch found.kind {
        case .form:
            return AuditFault(.altered, place.file, line: place.line, sequence: due, "the line is no record any more")
        case .name:
            return AuditFault(
                .altered, place.file, line: place.line, sequence: due, "the file has another name than it was given")
        case .anchor:
            return alteredBefore(due, place, walk)
        case .previous:
            return try previous(place, walk)
        case .sequence(let sequence) where sequence > due:
            return try gap(sequence, place, walk)
        case .sequence(let sequence):
            return try repetition(sequence, place, walk)
        }
    }

    /// The log ends before what was signed for.
    func end(of walk: ChainWalk, proven: UInt64) -> AuditFault {
        let due = walk.sequence + 1
        if let file = missingFile(due) {
            return AuditFault(.cutOff, file, sequence: due, "the file is missing, and with it the end of the log")
        }
        let text = "the log is cut off here: \(proven) records are signed for"
        if let emptied = names.first(where: { $0.first == due }) {
            return AuditFault(.cutOff, emptied.text, line: 1, sequence: due, text)
        }
        guard let last = walk.place else {
            return AuditFault(
                .cutOff, LogFolder.head, sequence: due, "no records are there, and \(proven) are signed for")
        }
        return AuditFault(.cutOff, last.file, line: last.line + 1, sequence: due, text)
    }

    /// The chain is whole up to a record whose hash is signed and another one: then all of it was written anew from
    /// some record on, behind the last one that is known to be right.
    private func alteredBefore(_ sequence: UInt64, _ place: LinePlace, _ walk: ChainWalk) -> AuditFault {
        let first = walk.proven + 1
        let text = "its hash is not the one that was signed"
        guard first < sequence else {
            return AuditFault(.altered, place.file, line: place.line, sequence: sequence, text)
        }
        return AuditFault(
            .altered, place.file, line: place.line, sequence: sequence,
            text + ": it or one before it, from record \(first) on, was altered and the chain written anew")
    }

    /// What the line says of the line before it is not so: one of the two was altered.
    private func previous(_ place: LinePlace, _ walk: ChainWalk) throws(LogFailure) -> AuditFault {
        let due = walk.sequence + 1
        let (own, next) = try hashes(at: place)
        let isOwnRight = next == nil ? anchor(due) == own?.description : next == own?.description
        guard let before = walk.place, walk.sequence > walk.proven, isOwnRight || (next == nil && anchor(due) == nil)
        else {
            return AuditFault(
                .altered, place.file, line: place.line, sequence: due,
                "it does not continue the record before it")
        }
        return AuditFault(
            .altered, before.file, line: before.line, sequence: walk.sequence,
            "its hash is not the one that the next record names")
    }

    /// Records are missing before the line, or come later.
    private func gap(_ found: UInt64, _ place: LinePlace, _ walk: ChainWalk) throws(LogFailure) -> AuditFault {
        let due = walk.sequence + 1
        if let later = try search(due, behind: place) {
            return AuditFault(
                .reordered, place.file, line: place.line, sequence: due,
                "record \(found) stands here; record \(due) comes later, in \(later.file), line \(later.line)")
        }
        let range = found - 1 == due ? "record \(due) is" : "records \(due) to \(found - 1) are"
        if let file = missingFile(due) {
            return AuditFault(.removed, file, sequence: due, "the file is missing: \(range) not there")
        }
        let text = "\(range) missing"
        guard place.line == 1, let before = walk.place else {
            return AuditFault(.removed, place.file, line: place.line, sequence: due, text)
        }
        if let begun = names.first(where: { $0.first == due }) {
            return AuditFault(.removed, begun.text, line: 1, sequence: due, text)
        }
        return AuditFault(.removed, before.file, line: before.line + 1, sequence: due, text)
    }

    /// A record stands where a later one is due.
    private func repetition(_ found: UInt64, _ place: LinePlace, _ walk: ChainWalk) throws(LogFailure) -> AuditFault {
        let due = walk.sequence + 1
        if found == walk.sequence, walk.sequence > walk.proven, let before = walk.place {
            // Two with one sequence: the one that the next line continues is the right one.
            let (own, next) = try hashes(at: place)
            if let own, next == own.description {
                return AuditFault(
                    .inserted, before.file, line: before.line, sequence: found,
                    "the line was inserted: record \(found) is the one behind it")
            }
        }
        return AuditFault(
            .inserted, place.file, line: place.line, sequence: found,
            "record \(found) stands here, where record \(due) is due")
    }

    private func anchor(_ sequence: UInt64) -> String? {
        digests.first { $0.last == sequence }?.hash
    }

    /// The file that a digest says the record was in, if it is not there.
    private func missingFile(_ sequence: UInt64) -> String? {
        guard let digest = digests.first(where: { $0.first <= sequence && sequence <= $0.last }),
            !names.contains(where: { $0.text == digest.file })
        else { return nil }
        return digest.file
    }

    /// The hash of the line at `place`, and what the line behind it says that it is.
    private func hashes(at place: LinePlace) throws(LogFailure) -> (own: LogHash?, next: String?) {
        var own: LogHash?
        var next: String?
        var reader = try LineReader(folder.file(place.file), at: place.offset)
        try reader.forEachLine { line in
            guard own == nil else {
                next = Self.previous(line)
                return false
            }
            own = LogHash(of: line)
            return true
        }
        if next == nil, let following = names.first(where: { $0.text > place.file }) {
            var reader = try LineReader(folder.file(following.text))
            try reader.forEachLine { line in
                next = Self.previous(line)
                return false
            }
        }
        return (own, next)
    }

    private static func previous(_ line: Span<UInt8>) -> String? {
        RecordLine(line).map { record in
            String(decoding: record.previous.map { line[$0] }, as: UTF8.self)
        }
    }

    private func search(_ sequence: UInt64, behind place: LinePlace) throws(LogFailure) -> LinePlace? {
        var found: LinePlace?
        for name in names where name.text >= place.file {
            let isFirst = name.text == place.file
            var reader = try LineReader(folder.file(name.text), at: isFirst ? place.offset : 0)
            var number = isFirst ? place.line - 1 : 0
            try reader.forEachLine { line in
                number += 1
                guard RecordLine(line)?.sequence == sequence else { return true }
                found = LinePlace(file: name.text, line: number, offset: 0)
                return false
            }
            if found != nil { return found }
        }
        return nil
    }
}
