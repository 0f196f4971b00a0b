package import KMSPolicy
import Synchronization

/// What is noted of a call while it is served, until it is a record.
package final class AuditDraft: Sendable {
    private struct State {
        var source = "kms.amazonaws.com"
        var name = ""
        var isReadOnly = true
        var requestParameters: AuditValue?
        var responseElements: AuditValue?
        var resources: [AuditRecord.Resource] = []
        var decisions: [AuditRecord.DecisionNote] = []
        var additional: [AuditValue.Member] = []
        var isRecorded = false
    }

    private let state = Mutex(State())

    package init() {}

    /// To be called by the front, when it knows which operation it is.
    package func begin(
        _ name: String, of source: String = "kms.amazonaws.com", isReadOnly: Bool, parameters: AuditValue?
    ) {
        state.withLock { state in
            state.source = source
            state.name = name
            state.isReadOnly = isReadOnly
            state.requestParameters = parameters
        }
    }

    package func note(_ action: String, on resource: String, _ decision: Decision) {
        state.withLock {
            $0.decisions.append(AuditRecord.DecisionNote(action: action, resource: resource, decision: decision))
        }
    }

    package func note(_ resource: AuditRecord.Resource) {
        state.withLock { state in
            if !state.resources.contains(resource) { state.resources.append(resource) }
        }
    }

    /// What the answer will say, of an operation that changes something. Never a secret.
    package func note(response: AuditValue) {
        state.withLock { $0.responseElements = response }
    }

    /// The last value of a name stands.
    package func note(additional name: String, _ value: AuditValue) {
        state.withLock { state in
            state.additional.removeAll { $0.name == name }
            state.additional.append(AuditValue.Member(name, value))
        }
    }

    /// As in `CreateKey`; empty before ``begin(_:of:isReadOnly:parameters:)``.
    package var operation: String { state.withLock { $0.name } }

    package var hasDecisions: Bool { state.withLock { !$0.decisions.isEmpty } }

    /// The record of a call, once: nil when it has been taken already, in the transaction of its change.
    package func record(
        of context: CallContext, at date: Timestamp, failure: AuditRecord.Failure? = nil
    ) -> AuditRecord? {
        state.withLock { state in
            guard !state.isRecorded else { return nil }
            state.isRecorded = true
            return AuditRecord(
                id: .randomUUID(), date: date, source: state.source, name: state.name,
                region: context.region.description, caller: context.caller, origin: context.origin,
                requestID: context.requestID, requestParameters: state.requestParameters,
                responseElements: failure == nil ? state.responseElements : nil, error: failure,
                resources: state.resources, isReadOnly: state.isReadOnly, recipient: context.principal.account,
                decisions: state.decisions, additional: state.additional
            )
        }
    }

    /// The change was not committed after all: another record may be made of what follows.
    package func unrecord() {
        state.withLock { $0.isRecorded = false }
    }
}
