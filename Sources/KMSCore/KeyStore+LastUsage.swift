import Synchronization

/// The last use of a key, noted by requests and written to the store in batches.
final class LastUse: Sendable {
    private struct State {
        var usage: KeyLastUsage?
        var isWritten = true
    }

    private let state: Mutex<State>

    init(_ stored: KeyLastUsage?) {
        state = Mutex(State(usage: stored))
    }

    func note(_ usage: KeyLastUsage) {
        // Whatever its date: a clock that was wrong once, and set back, must not hide all uses until then.
        state.withLock { $0 = State(usage: usage, isWritten: false) }
    }

    var usage: KeyLastUsage? { state.withLock { $0.usage } }

    /// What is to be written, and counts as written from now on.
    func takeUnwritten() -> KeyLastUsage? {
        state.withLock { state in
            guard !state.isWritten else { return nil }
            state.isWritten = true
            return state.usage
        }
    }

    /// It could not be written after all.
    func markUnwritten() {
        state.withLock { $0.isWritten = false }
    }
}

/// What GetKeyLastUsage tells.
package struct KeyLastUsageReport: Sendable {
    package let keyARN: String
    package let lastUsage: KeyLastUsage?
    package let trackingStartDate: Timestamp
    package let keyCreationDate: Timestamp
}

extension KeyStore {
    /// Notes a cryptographic operation that succeeded.
    func noteUse(of entry: KeyEntry, _ operation: String, by context: CallContext) {
        entry.lastUse.note(KeyLastUsage(operation: operation, date: clock.now, requestID: context.requestID))
    }

    package func keyLastUsage(_ name: String, by context: CallContext) throws(KMSError) -> KeyLastUsageReport {
        let entry = try resolveKeyOnly(name, for: .getKeyLastUsage, by: context)
        return KeyLastUsageReport(
            keyARN: entry.arn, lastUsage: entry.lastUse.usage, trackingStartDate: entry.key.creationDate,
            keyCreationDate: entry.key.creationDate
        )
    }

    /// Writes what was noted since the last time, in one commit.
    func writeLastUsages() async throws(KMSError) {
        let entries = table.withLock { $0.allKeys }
        var usages: [KeyAddress: KeyLastUsage] = [:]
        var taken: [LastUse] = []
        for entry in entries {
            guard let usage = entry.lastUse.takeUnwritten() else { continue }
            usages[entry.key.address] = usage
            taken.append(entry.lastUse)
        }
        guard !usages.isEmpty else { return }
        let batch = usages
        do {
            try await changes.run { () async throws(KMSError) in try await journal.prepare([.saveLastUsages(batch)]) }
        } catch {
            taken.forEach { $0.markUnwritten() }
            throw error
        }
    }
}
