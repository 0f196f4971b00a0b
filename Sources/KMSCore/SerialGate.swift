import Synchronization

/// Lets one change through at a time, in the order of arrival. An actor would not do: it lets others in at every
/// `await`, and a change awaits the database.
package final class SerialGate: Sendable {
    private struct State {
        var isOccupied = false
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Mutex(State())

    package init() {}

    package func run<T: Sendable>(_ body: () async throws(KMSError) -> T) async throws(KMSError) -> T {
        await enter()
        defer { leave() }
        return try await body()
    }

    private func enter() async {
        await withCheckedContinuation { continuation in
            let mayPass = state.withLock { state in
                if state.isOccupied {
                    state.waiting.append(continuation)
                    return false
                }
                state.isOccupied = true
                return true
            }
            if mayPass { continuation.resume() }
        }
    }

    private func leave() {
        let next = state.withLock { state -> CheckedContinuation<Void, Never>? in
            if state.waiting.isEmpty {
                state.isOccupied = false
                return nil
            }
            return state.waiting.removeFirst()
        }
        next?.resume()
    }
}
