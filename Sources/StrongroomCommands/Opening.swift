import EventDelivery
import HSMClient
import HSMWorkerProtocol
import IAMQuery
import KMSCore
import KMSServer
import Logging
import ServiceLifecycle
import Synchronization

/// Brings the server from its start to serving: waits for the HSM as long as it takes, puts everything together, opens
/// the ``WaitingRoom``, and then does what is due from time to time.
final class Opening: Service {
    private let tokens: Tokens
    private let assembler: Assembler
    private let open: @Sendable (Assembly, TokenReport) -> Void
    private let diary: HSMDiary
    private let logger: Logger
    private let state = Mutex(State())

    private struct State {
        var parts: Assembly?
        var failure: (any Error)?
        /// What is being waited for, as it was last told.
        var cause: String?
        var first: Task<Bool, any Error>?
        var isFirstDone = false
    }

    private static let period = Duration.seconds(5)
    private static let longestBegin = Duration.seconds(5)
    private static let longestPause = Duration.seconds(2)

    init(
        _ tokens: Tokens, _ assembler: Assembler, diary: HSMDiary, logger: Logger,
        open: @escaping @Sendable (Assembly, TokenReport) -> Void
    ) {
        self.tokens = tokens
        self.assembler = assembler
        self.diary = diary
        self.logger = logger
        self.open = open
    }

    /// What serves, once something does.
    var parts: Assembly? { state.withLock { $0.parts } }

    /// Why the server cannot go on, if it cannot.
    var failure: (any Error)? { state.withLock { $0.failure } }

    /// A first attempt. Returns when the server serves, or the HSM is not there, or does not say either for a while;
    /// throws what will not get better by waiting.
    func begin() async throws {
        let first = Task { try await self.attempt() }
        state.withLock { $0.first = first }
        _ = Task {
            _ = await first.result
            self.state.withLock { $0.isFirstDone = true }
        }
        let end = ContinuousClock.now + Self.longestBegin
        while !state.withLock({ $0.isFirstDone }), ContinuousClock.now < end {
            try? await Task.sleep(for: .milliseconds(5))
        }
        guard state.withLock({ $0.isFirstDone }) else { return }
        _ = try await first.value
    }

    /// Writes what is only in memory. To be called once, after the last request.
    func stop() async throws {
        guard let parts else { return await assembler.stop() }
        try await parts.stop()
    }

    /// One attempt. Answers whether the server serves; throws what will not get better by waiting.
    func attempt() async throws -> Bool {
        let report: TokenReport
        do throws(KMSError) {
            report = try await tokens.report()
        } catch {
            wait(for: error)
            return false
        }
        try HSM.expectMechanisms(report)
        do {
            let parts = try await assembler.make()
            if !report.isMemoryLocked {
                logger.warning("secrets cannot be locked into memory: raise RLIMIT_MEMLOCK to 8 MiB (LimitMEMLOCK=)")
            }
            state.withLock { $0.parts = parts }
            open(parts, report)
            return true
        } catch let error as KMSError where Self.mayPass(error) {
            wait(for: error)
            return false
        }
    }

    /// Whether the HSM was there a moment ago and is gone again, perhaps with its objects.
    private static func mayPass(_ error: KMSError) -> Bool {
        [.keyUnavailable, .dependencyTimeout, .throttled, .materialMissing].contains(error.code)
    }

    private func wait(for error: KMSError) {
        let cause = error.cause ?? error.message
        let isNews = state.withLock { state in
            defer { state.cause = cause }
            return state.cause != cause
        }
        guard isNews else { return }
        logger.critical(
            "the HSM cannot be used: every request is answered with an error until it can",
            metadata: ["cause": "\(cause)", "hint": "\(HSM.hint)"])
    }

    func run() async throws {
        try await cancelWhenGracefulShutdown {
            do {
                var pause = Duration.milliseconds(100)
                _ = try await self.state.withLock { $0.first }?.value
                while self.parts == nil, !Task.isCancelled {
                    await self.waitUntilReady()
                    if Task.isCancelled { break }
                    if try await self.attempt() { break }
                    // The HSM answers, and does not show what is needed.
                    try? await Task.sleep(for: pause)
                    pause = min(pause * 2, Self.longestPause)
                }
            } catch {
                self.state.withLock { $0.failure = error }
                throw error
            }
            guard let parts = self.parts else { return }
            await withTaskGroup(of: Void.self) { group in
                group.addTask { await self.diary.write(into: parts.audit, parts.place) }
                group.addTask { await Self.maintain(parts) }
                group.addTask { await Self.deliver(parts) }
            }
        }
    }

    private func waitUntilReady() async {
        while !tokens.isReady, !Task.isCancelled { try? await Task.sleep(for: .milliseconds(50)) }
    }

    /// Does what has become due: deletions, and what a crash interrupted. What could not be done is tried again.
    private static func maintain(_ parts: Assembly) async {
        while !Task.isCancelled {
            await parts.performDueWork()
            try? await Task.sleep(for: period)
        }
    }

    /// Sends events to the webhook, where there is one.
    private static func deliver(_ parts: Assembly) async {
        guard let webhook = parts.webhook else { return }
        await webhook.run { parts.journal.didDeliver([$0]) }
    }
}
