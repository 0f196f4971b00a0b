import KMSCore

/// Whether a request that needs the token could be served now, asked at most once a second.
///
/// The question is open to anybody, so it must not be a way to keep the token busy.
actor Readiness {
    private let store: KeyStore
    private let clock = ContinuousClock()
    private let lifetime: Duration
    private var last: (verdict: Bool, at: ContinuousClock.Instant)?
    private var running: Task<Bool, Never>?

    init(of store: KeyStore, lifetime: Duration = .seconds(1)) {
        self.store = store
        self.lifetime = lifetime
    }

    var isReady: Bool {
        get async {
            if let last, last.at.duration(to: clock.now) < lifetime { return last.verdict }
            if let running { return await running.value }
            let store = store
            let check = Task { (try? await store.checkHealth()) != nil }
            running = check
            let verdict = await check.value
            running = nil
            last = (verdict, clock.now)
            return verdict
        }
    }
}
