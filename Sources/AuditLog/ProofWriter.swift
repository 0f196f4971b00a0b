import KMSCore
import Synchronization

/// Has digests and the head signed, one at a time and beside the writing, and writes them.
struct ProofWriter {
    private let folder: LogFolder
    private let signer: any DigestSigner
    private let inbox: SignatureInbox
    private var file: AppendedFile
    private var count: Int
    private var hash: LogHash
    /// What is to have digests, in its order.
    private var waiting: [Stretch] = []
    /// The last head that was written.
    private(set) var signed: (sequence: UInt64, digests: Int)
    /// What is with the signer.
    private var statement: Statement?
    /// A line of the digests that is signed and not written yet.
    private var line: [UInt8]?
    private var lastHead: ContinuousClock.Instant?
    private var retry: ContinuousClock.Instant?
    /// Whether the last head could not be written.
    private(set) var isStuck = false
    /// Since when there is something that is not signed.
    private(set) var unsignedSince: ContinuousClock.Instant?

    private enum Statement {
        case digest(Stretch, [UInt8])
        case head(LogHead, [UInt8], asked: ContinuousClock.Instant)
    }

    init(
        _ folder: LogFolder, _ recovered: RecoveredLog, _ signer: any DigestSigner, wake: Wakeup
    ) throws(LogFailure) {
        self.folder = folder
        self.signer = signer
        inbox = SignatureInbox(wake)
        file = try AppendedFile(folder.file(LogFolder.digests), isNew: false)
        count = recovered.digests
        hash = recovered.digestHash
        signed = (recovered.head?.sequence ?? 0, recovered.head?.digests ?? 0)
    }

    /// Whether everything up to `sequence` is signed.
    func isDone(_ sequence: UInt64) -> Bool {
        waiting.isEmpty && statement == nil && line == nil && signed == (sequence, count)
    }

    mutating func add(_ stretches: [Stretch]) {
        waiting += stretches
    }

    /// Writes what came back from the signer, and asks it for what is due.
    ///
    /// - Parameter committed: The last record on the disk.
    /// - Returns: Why the signer could not sign; nil if it could, or was not asked.
    mutating func step(
        _ committed: (sequence: UInt64, hash: LogHash), headInterval: Duration, isLast: Bool, at date: Timestamp
    ) throws(LogFailure) -> Outcome {
        let now = ContinuousClock.now
        if signed.sequence < committed.sequence, unsignedSince == nil { unsignedSince = now }
        var outcome = Outcome.nothing
        if let answer = inbox.take() {
            switch answer {
            case .success(let signature):
                outcome = .signed
                try write(signature, committed)
            case .failure(let error):
                outcome = .failed(error)
                if case .digest(let stretch, _) = statement { waiting.insert(stretch, at: 0) }
                statement = nil
                retry = now + .seconds(1)
            }
        }
        try writeLine()
        guard statement == nil, line == nil, retry.map({ $0 <= now }) ?? true else { return outcome }
        if !waiting.isEmpty {
            ask(forDigest: waiting.removeFirst(), date)
        } else if signed != (committed.sequence, count), isLast || lastHead.map({ $0 + headInterval <= now }) ?? true {
            lastHead = now
            let head = LogHead(
                sequence: committed.sequence, hash: committed.hash.description, digests: count,
                digestHash: hash.description, time: date.iso8601)
            let text = SignedStatement.text(head)
            statement = .head(head, text, asked: now)
            ask(text)
        }
        return outcome
    }

    enum Outcome {
        case nothing
        case signed
        case failed(KMSError)
    }

    private mutating func ask(forDigest stretch: Stretch, _ date: Timestamp) {
        let digest = LogDigest(
            number: count + 1, previous: hash.description, file: stretch.file, first: stretch.first,
            last: stretch.last, hash: stretch.hash.description, time: date.iso8601, isRecovered: stretch.isRecovered)
        let text = SignedStatement.text(digest)
        statement = .digest(stretch, text)
        ask(text)
    }

    private mutating func ask(_ text: [UInt8]) {
        retry = nil
        let (signer, inbox) = (signer, inbox)
        Task.detached {
            do throws(KMSError) {
                inbox.put(.success(try await signer.sign(text)))
            } catch {
                inbox.put(.failure(error))
            }
        }
    }

    private mutating func write(
        _ signature: [UInt8], _ committed: (sequence: UInt64, hash: LogHash)
    ) throws(LogFailure) {
        let answered = statement
        statement = nil
        switch answered {
        case .digest(_, let text):
            line = SignedStatement.line(text, signature: signature)
        case .head(let head, let text, let asked):
            isStuck = true
            try folder.replace(LogFolder.head, with: SignedStatement.line(text, signature: signature) + [0x0a])
            isStuck = false
            signed = (head.sequence, head.digests)
            unsignedSince = head.sequence < committed.sequence ? asked : nil
        case nil:
            break
        }
    }

    /// A digest that cannot be written now is kept; a head that cannot be is signed anew.
    private mutating func writeLine() throws(LogFailure) {
        guard let line else { return }
        try file.append(line + [0x0a])
        self.line = nil
        count += 1
        hash = LogHash(of: line.span)
    }

    consuming func close() {
        file.close()
    }
}

/// Where signatures come in from whatever thread the signer works on.
private final class SignatureInbox: Sendable {
    private let answer = Mutex<Result<[UInt8], KMSError>?>(nil)
    private let wake: Wakeup

    init(_ wake: Wakeup) {
        self.wake = wake
    }

    func put(_ answer: Result<[UInt8], KMSError>) {
        self.answer.withLock { $0 = answer }
        wake.raise()
    }

    func take() -> Result<[UInt8], KMSError>? {
        answer.withLock { answer in
            defer { answer = nil }
            return answer
        }
    }
}
