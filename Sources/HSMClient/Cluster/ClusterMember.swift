import HSMWorkerProtocol
package import KMSCore
import SecureMemory
import Synchronization

/// One token of a cluster, with its own workers: what a cluster needs of it besides keys.
package protocol ClusterMember: KeyBackend {
    /// Whether the token shows an object of that id, of whatever kind. That it does not is nothing special.
    func shows(_ id: ObjectID) async throws(KMSError) -> Bool

    /// What waits for the member and may be done by another is given back at once, with `keyUnavailable`: it hangs.
    func giveBackRepeatable()

    /// How its workers are; nil where there are none.
    func memberStatus() -> HSMStatus?
}

extension ClusterMember {
    package func giveBackRepeatable() {}
    package func memberStatus() -> HSMStatus? { nil }
}

extension HSMClient: ClusterMember {
    package func shows(_ id: ObjectID) async throws(KMSError) -> Bool {
        let frame = request(.showsObject, room: 16) { $0.append(id) }
        var reply = try await callFirst(frame, repeats: 1)
        switch try reply.read({ (fields) throws(FrameError) in try fields.integer(as: UInt8.self) }) {
        case 0: return false
        case 1: return true
        default: throw Self.unreadable
        }
    }

    package func giveBackRepeatable() {
        for worker in workers { worker.giveBackRepeatable() }
    }

    package func memberStatus() -> HSMStatus? { status() }
}

extension WorkerConnection {
    /// Gives back what the worker has and another token can do as well. The worker is still held to account for it.
    func giveBackRepeatable() {
        let calls = state.withLock { state in
            defer { updateLoad(state) }
            return state.calls.giveBackRepeatable(Self.now)
        }
        let error = KMSError.hsmUnavailable(cause: "it has not answered for a while")
        for call in calls { call.finish(.failure(error)) }
    }
}
