package import LibCrypto

/// Proves that a log is as it was written: nothing altered, removed, inserted, reordered, or cut off at the end.
///
/// It only reads, and may be run beside the server. Records are not parsed, but hashed.
package struct AuditVerifier {
    private let folder: LogFolder
    private let key: PublicKey
    /// Files whose records all come before this one may be missing: they are kept elsewhere.
    private let archivedBefore: UInt64

    package init(_ folder: LogFolder, signedBy key: PublicKey, archivedBefore: UInt64 = 0) {
        self.folder = folder
        self.key = key
        self.archivedBefore = archivedBefore
    }

    /// - Parameter progress: Called now and then with how many bytes of how many were looked at.
    package func verify(progress: (Int, Int) -> Void = { _, _ in }) throws(LogFailure) -> AuditReport {
        var report = AuditReport()
        guard folder.isThere else {
            report.faults.append(AuditFault(.removed, LogFolder.head, "the folder of the log is missing"))
            return report
        }
        // In this order: the later is written before the earlier, so what a head names is there already.
        let head = try readHead(&report)
        let trail = try readDigests(head, &report)
        let (names, others) = try folder.list()
        let isLive = FolderLock.isHeld(folder)
        report.files = names.count
        note(others, trail, &report)

        var proof = Proof(head: head, trail: trail)
        if let hash = head.flatMap({ LogHash($0.hash) }), let head, head.sequence > 0 {
            proof.anchors.append(ChainWalk.Anchor(sequence: head.sequence, hash: hash))
        }
        let start = archivedStart(names, trail)
        var walk = ChainWalk(folder, after: start, in: trail, anchors: proof.anchors)
        let diagnosis = Diagnosis(folder: folder, names: names, digests: trail.digests)
        var fault = try follow(names, &walk, diagnosis, isLive: isLive, proof.sequence, &report, progress)
        if fault == nil, walk.sequence < proof.sequence { fault = diagnosis.end(of: walk, proven: proof.sequence) }
        if let fault { report.faults.insert(fault, at: 0) }
        // The first bad record may be one that the chain has been followed through.
        let whole = min(walk.sequence, (fault?.sequence ?? .max) - 1)
        report.records = max(whole, start) - start
        report.bytes = walk.bytes
        noteEnd(walk, proof.sequence, isLive: isLive, &report)
        return report
    }

    /// What is signed.
    private struct Proof {
        let sequence: UInt64
        var anchors: [ChainWalk.Anchor]

        init(head: LogHead?, trail: DigestTrail) {
            sequence = max(head?.sequence ?? 0, trail.last)
            anchors = trail.anchors
        }
    }

    private func readHead(_ report: inout AuditReport) throws(LogFailure) -> LogHead? {
        guard let bytes = try folder.read(LogFolder.head, atMost: DigestTrail.maximumSize) else {
            report.faults.append(
                AuditFault(.removed, LogFolder.head, "the signed head is missing, which says where the log ends"))
            return nil
        }
        let line = bytes.last == 0x0a ? bytes.dropLast() : bytes[...]
        guard let head = SignedStatement.read(LogHead.self, from: Array(line), signedBy: key) else {
            report.faults.append(
                AuditFault(.altered, LogFolder.head, line: 1, "it is no head, or its signature is not by the log's key")
            )
            return nil
        }
        report.head = AuditReport.Head(sequence: head.sequence, hash: head.hash, time: head.time)
        return head
    }

    private func readDigests(_ head: LogHead?, _ report: inout AuditReport) throws(LogFailure) -> DigestTrail {
        let trail = try DigestTrail(folder, signedBy: key)
        report.digests = trail.digests.count
        if let fault = trail.fault {
            report.faults.append(
                AuditFault(.altered, LogFolder.digests, line: fault.line, sequence: trail.last + 1, fault.text))
        } else if let head, trail.holds(head), head.sequence < trail.last {
            report.notes.append("the head is older than the last digest, which proves the records behind it")
        } else if let head, !trail.holds(head) {
            let isShort = trail.digests.count < head.digests
            report.faults.append(
                AuditFault(
                    isShort ? .cutOff : .altered, LogFolder.digests, line: trail.digests.count + (isShort ? 1 : 0),
                    isShort
                        ? "the digests are cut off here: the head names \(head.digests)"
                        : "the digests are not the ones that the head names"))
        }
        return trail
    }

    /// The last record that is kept elsewhere.
    private func archivedStart(_ names: [RecordFileName], _ trail: DigestTrail) -> UInt64 {
        guard let first = names.first?.first, first > 1, first <= archivedBefore,
            trail.digests.contains(where: { $0.last == first - 1 })
        else { return 0 }
        return first - 1
    }

    /// Answers the first fault.
    private func follow(
        _ names: [RecordFileName], _ walk: inout ChainWalk, _ diagnosis: Diagnosis, isLive: Bool, _ proven: UInt64,
        _ report: inout AuditReport, _ progress: (Int, Int) -> Void
    ) throws(LogFailure) -> AuditFault? {
        let total = names.reduce(0) { $0 + folder.size(of: $1.text) }
        for name in names {
            let found = try walk.walk(name) { progress($0.bytes, total) }
            progress(walk.bytes, total)
            guard found != nil || walk.remainder > 0 else { continue }
            // A server writes a batch right now, or was killed in the middle of one: it was never signed for.
            if found == nil, name == names.last, walk.sequence >= proven {
                report.notes.append(
                    isLive
                        ? "the server is writing to \(name.text)"
                        : "\(name.text) ends in the middle of a line, which the next start of the server moves aside")
                continue
            }
            return try diagnosis.fault(found, name, walk)
        }
        return nil
    }

    private func note(_ others: [String], _ trail: DigestTrail, _ report: inout AuditReport) {
        for name in others {
            report.notes.append(
                name.hasSuffix(".torn")
                    ? "\(name) holds what a crash left unfinished" : "\(name) is no file of the log")
        }
        for digest in trail.digests where digest.isRecovered {
            report.notes.append(
                "records \(digest.first) to \(digest.last) were signed for only after the server had been started"
                    + " again, at \(digest.time)")
        }
    }

    private func noteEnd(_ walk: ChainWalk, _ proven: UInt64, isLive: Bool, _ report: inout AuditReport) {
        guard report.faults.isEmpty, walk.sequence > proven else { return }
        report.unsigned = walk.sequence - proven
        report.notes.append(
            "nobody has signed for \(counted(report.unsigned, "record")) at the end yet, from record \(proven + 1) on"
                + (isLive ? "" : ": the server was not ended in order, and they prove nothing"))
    }
}
