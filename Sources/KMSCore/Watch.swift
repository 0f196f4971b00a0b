import Synchronization

/// Looks now and then at what nobody's request would tell: whether the HSM answers, and which imported key material
/// expires soon.
package final class Watch: Sendable {
    /// How long before imported key material expires its operator is told, in days.
    package static let daysOfNotice = 30

    private let store: KeyStore
    private let state = Mutex(State())

    private struct State {
        var isHSMLost = false
        var told: Set<Notice> = []
    }

    /// Material is imported again with another date, and that one is told as well.
    private struct Notice: Hashable {
        let key: KeyAddress
        let material: UInt32
        let date: Timestamp
    }

    package init(_ store: KeyStore) {
        self.store = store
    }

    /// Looks once. What it finds is told when it is new.
    package func look() async {
        await lookAtHSM()
        await lookAtExpiry()
    }

    private func lookAtHSM() async {
        do {
            try await store.checkHealth()
            if state.withLock({ state in exchange(&state.isHSMLost, false) }) { await tell(.hsmFoundAgain) }
        } catch {
            // A full queue is no loss.
            guard error.code != .throttled, !state.withLock({ state in exchange(&state.isHSMLost, true) }) else {
                return
            }
            await tell(.hsmLost(cause: error.cause ?? error.message))
        }
    }

    private func lookAtExpiry() async {
        let now = store.clock.now
        let horizon = now.adding(days: Self.daysOfNotice)
        for entry in store.table.withLock({ $0.allKeys }) where entry.key.origin == .external {
            for material in entry.key.materials where material.stage == .present {
                guard let date = material.imported?.validTo, now < date, date <= horizon else { continue }
                let notice = Notice(key: entry.key.address, material: material.number, date: date)
                guard state.withLock({ $0.told.insert(notice).inserted }) else { continue }
                await tell(.materialExpiring(entry.key.address, materialID: material.idText, date: date))
            }
        }
    }

    private func tell(_ event: KeyStoreEvent) async {
        store.events.record(event)
        // The log has it; if the database has not, the next start tells it again.
        try? await store.journal.commit([], nil, [event])
    }

    private func exchange(_ flag: inout Bool, _ value: Bool) -> Bool {
        defer { flag = value }
        return flag
    }
}
