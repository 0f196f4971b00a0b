package import KMSCore
import SecureMemory
import Synchronization

/// One of the tokens behind the proxy, as GetHealthStatus tells of it.
package struct XKSFleetMember: Hashable, Sendable {
    package enum Status: String, Sendable {
        case active = "ACTIVE"
        /// It serves, and is not whole.
        case degraded = "DEGRADED"
        case unavailable = "UNAVAILABLE"
    }

    package let id: String
    package var status: Status

    package init(id: String, status: Status) {
        self.id = id
        self.status = status
    }
}

/// Whether the next request would be served, found out by encrypting and decrypting with a key of the server's own.
///
/// That is done in the background, over and over; whoever asks is told what was found last, and waits for nothing. So a
/// token that hangs shows, and holds up nobody.
package final class XKSHealth: Sendable {
    private struct State {
        /// When a check last ended, and whether it was good.
        var last: (isGood: Bool, at: ContinuousClock.Instant)?
        /// Since when one is under way.
        var since: ContinuousClock.Instant?
    }

    /// From the end of a check to the next one.
    private static let pause = Duration.seconds(2)
    private static let pauseAfterFailure = Duration.seconds(1)
    /// A check that takes longer says what a request would meet.
    private static let patience = Duration.seconds(1)
    /// What was found longer ago tells nothing (XKS Proxy API, GetHealthStatus: at most one minute).
    private static let lifetime = Duration.seconds(60)

    private let backend: any KeyBackend
    private let metadata: any MetadataStore
    /// How long a request may take: what answers later serves nobody.
    private let deadline: Duration
    /// The tokens, and how their workers are.
    private let fleet: @Sendable () -> [XKSFleetMember]
    private let clock = ContinuousClock()
    private let state = Mutex(State())
    private let key = Mutex<MaterialReference?>(nil)

    package init(
        backend: any KeyBackend, metadata: any MetadataStore, deadline: Duration = .seconds(1),
        fleet: @escaping @Sendable () -> [XKSFleetMember]
    ) {
        self.backend = backend
        self.metadata = metadata
        self.deadline = deadline
        self.fleet = fleet
    }

    /// Checks until the task is cancelled.
    package func run() async {
        while !Task.isCancelled {
            let isGood = await check()
            try? await Task.sleep(for: isGood ? Self.pause : Self.pauseAfterFailure)
        }
    }

    /// Checks once, now.
    @discardableResult package func check() async -> Bool {
        state.withLock { $0.since = clock.now }
        let isGood = (try? await proveThatKeysWork()) ?? false
        state.withLock { state in
            state.since = nil
            state.last = (isGood, clock.now)
        }
        return isGood
    }

    /// The tokens as they are, between 1 and 10.
    package var report: [XKSFleetMember] {
        let members = Array(fleet().prefix(10))
        guard isProven else {
            return members.map { XKSFleetMember(id: $0.id, status: .unavailable) }
        }
        return members
    }

    /// Whether it was found lately that keys work, and nothing speaks against it.
    package var isProven: Bool {
        let now = clock.now
        return state.withLock { state in
            if let since = state.since, since.duration(to: now) > Self.patience { return false }
            guard let last = state.last else { return false }
            return last.isGood && last.at.duration(to: now) < Self.lifetime
        }
    }

    /// A real encryption and a real decryption, each as quick as a request needs it.
    private func proveThatKeysWork() async throws(KMSError) -> Bool {
        let key = try await testKey()
        let plaintext = SecretBytes(copying: Array("strongroom xks health 1".utf8))
        let start = clock.now
        let sealed = try await backend.encrypt(plaintext, authenticating: [], with: key)
        let middle = clock.now
        guard try await backend.decrypt(sealed, authenticating: [], with: key).isEqual(to: plaintext) else {
            return false
        }
        return max(start.duration(to: middle), middle.duration(to: clock.now)) <= deadline
    }

    private func testKey() async throws(KMSError) -> MaterialReference {
        if let known = key.withLock({ $0 }) { return known }
        let made = try await SystemKeys(backend: backend, metadata: metadata).key(for: .xksHealth)
        key.withLock { $0 = made }
        return made
    }
}
