import FoundationEssentials
import HSMWorkerProtocol
import KMSCore
import SecureMemory
import Synchronization

// Whether a worker is well, asked before it is used and ever after.
extension WorkerConnection {
    static func canary() -> SecureBuffer {
        let frame = SecureBuffer(frame: 0, code: Operation.checkHealth.rawValue, capacity: Frame.headerSize)
        frame.endFrame()
        return frame
    }

    /// Asks the worker whether it and its token are well, unless it has not answered the last time yet.
    func sendCanary(_ now: UInt64) {
        let timeout = Self.nanoseconds(max(1, configuration.settings.profile.callTimeout))
        let call = PendingCall(
            frame: Self.canary(), continuation: nil, submitted: now, timeout: timeout, isSlow: false, repeats: 0)
        state.withLock { state in
            guard case .ready = state.phase, !state.calls.hasCanary else { return }
            let id = state.calls.insert(call)
            enqueue(id, &state)
        }
    }

    func take(canary reply: SecureBuffer, _ now: UInt64) {
        var fields = FrameCursor(reply)
        let body = (try? fields.bytes()) ?? []
        let repairs = state.withLock { state -> [HSMEvent] in
            guard reply.frameCode == Status.ok.rawValue else {
                state.record.failedCanaries += 1
                state.record.failedInARow += 1
                state.record.cause = "its canary failed: \(String(decoding: body, as: UTF8.self))"
                return []
            }
            return state.record.noteCanary(Self.workerStatus(body), now).map {
                .repairedWithin(worker: number, generation: state.record.generation, rung: $0.rung, count: $0.count)
            }
        }
        for repair in repairs { tell(repair) }
    }

    static func workerStatus(_ body: [UInt8]) -> WorkerStatus? {
        body.isEmpty ? nil : try? JSONDecoder().decode(WorkerStatus.self, from: Data(body))
    }
}
