import AuditLog
import HSMClient
import KMSCore
import Logging

/// Records in the audit log what happens to the HSM's workers, beside the calls: each loss and each repair.
///
/// The workers' threads only leave a note; records are written by a task of their own. So a log that is full or slow
/// holds up no repair. More than the last few notes are not kept.
final class HSMDiary: Sendable {
    private let notes: AsyncStream<Note>
    private let pen: AsyncStream<Note>.Continuation
    private let clock: any KMSClock

    private struct Note {
        let event: HSMEvent
        let token: String
        let date: Timestamp
    }

    private static let maximumNotes = 1024

    init(clock: any KMSClock) {
        self.clock = clock
        (notes, pen) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(Self.maximumNotes))
    }

    /// Returns at once.
    func note(_ event: HSMEvent, of token: String) {
        pen.yield(Note(event: event, token: token, date: clock.now))
    }

    /// Writes what is noted, until it is cancelled.
    func write(into sink: any AuditSink, _ place: Scope) async {
        for await note in notes {
            let record = note.event.record(of: note.token, at: note.date, place)
            // While the log cannot be written, nothing is served either: what is lost then is known by its gap.
            try? sink.append(record)
        }
    }
}

extension HSMEvent {
    fileprivate func record(of token: String, at date: Timestamp, _ place: Scope) -> AuditRecord {
        let (name, details) = content
        return AuditRecord(
            id: .randomUUID(), date: date, source: "strongroom", name: name, region: place.region.description,
            caller: nil,
            origin: nil, requestID: "", isReadOnly: false, recipient: place.account,
            additional: ([("token", .string(token))] + details).map { AuditValue.Member($0.0, $0.1) },
            isServiceEvent: true)
    }

    private var content: (name: String, details: [(String, AuditValue)]) {
        switch self {
        case .workerEnded(let worker, let generation, let reason):
            ("LoseHSMWorker", Self.place(worker, generation) + [("reason", .string(reason))])
        case .unavailable(let worker, let cause):
            ("LoseHSM", [("worker", .integer(Int64(worker))), ("cause", .string(cause))])
        case .operatorNeeded(let worker, let cause):
            ("AwaitHSMOperator", [("worker", .integer(Int64(worker))), ("cause", .string(cause))])
        case .repaired(let worker, let generation, let attempts, let seconds):
            (
                "RepairHSM",
                Self.place(worker, generation) + [
                    ("rung", .string("worker")), ("failedAttempts", .integer(Int64(attempts))),
                    ("milliseconds", .integer(Int64(seconds * 1000))),
                ]
            )
        case .repairedWithin(let worker, let generation, let rung, let count):
            (
                "RepairHSM",
                Self.place(worker, generation) + [("rung", .string(rung)), ("count", .integer(Int64(count)))]
            )
        }
    }

    private static func place(_ worker: Int, _ generation: Int) -> [(String, AuditValue)] {
        [("worker", .integer(Int64(worker))), ("generation", .integer(Int64(generation)))]
    }
}
