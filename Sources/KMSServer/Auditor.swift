import KMSCore
import KMSWire

/// Sees to it that no call goes unrecorded.
struct Auditor: Sendable {
    let sink: any AuditSink
    let clock: any KMSClock

    /// Throws if records cannot be taken now: then no work is done.
    func checkAccepting() throws(WireError) {
        do {
            try sink.checkAccepting()
        } catch {
            throw WireError(error)
        }
    }

    /// Records a call that was recorded by no change, and what it was refused with.
    func record(_ context: CallContext, _ error: WireError?) throws(WireError) {
        try record(context, refusal: error.map { AuditRecord.Failure(code: $0.auditCode, message: $0.message ?? "") })
    }

    func record(_ context: CallContext, refusal failure: AuditRecord.Failure?) throws(WireError) {
        guard let record = context.draft.record(of: context, at: clock.now, failure: failure), !record.name.isEmpty
        else { return }
        do {
            try sink.append(record)
        } catch {
            throw WireError(error)
        }
    }
}

extension WireError {
    /// CloudTrail's name of the code.
    fileprivate var auditCode: String { code == "AccessDeniedException" ? "AccessDenied" : code }
}
