import KMSCore
import KMSTesting
import Synchronization

/// A metadata store that fails at the commit that a test names, and counts commits.
final class FaultyStore: MetadataStore {
    private struct State {
        var commits: [[MetadataChange]] = []
        var fault: (commit: Int, moment: FakeBackend.Moment)?
    }

    private let store = InMemoryMetadataStore()
    private let state = Mutex(State())

    static let error = KMSError(.internalFailure, "the metadata store failed", cause: "a test said so")

    /// The commits so far, those that failed included.
    var commits: [[MetadataChange]] { state.withLock { $0.commits } }

    /// Makes one commit fail, counted from now on with 1; `after` is one that was made and whose answer was lost.
    func fail(commit: Int, _ moment: FakeBackend.Moment) {
        state.withLock { $0.fault = ($0.commits.count + commit, moment) }
    }

    /// Whether the fault that was asked for has struck.
    var hasFailed: Bool { state.withLock { state in state.fault.map { $0.commit <= state.commits.count } ?? false } }

    func load() async throws(KMSError) -> MetadataImage {
        try await store.load()
    }

    func commit(_ changes: [MetadataChange]) async throws(KMSError) {
        let moment = state.withLock { state -> FakeBackend.Moment? in
            state.commits.append(changes)
            return state.fault.flatMap { $0.commit == state.commits.count ? $0.moment : nil }
        }
        // Others get their turn here, as they would during a real commit.
        await Task.yield()
        if moment == .before { throw Self.error }
        try await store.commit(changes)
        if moment == .after { throw Self.error }
    }
}
