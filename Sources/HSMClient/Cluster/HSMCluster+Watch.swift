import KMSCore
import Logging
import Synchronization

// How members are drained without a request that fails, and how they return.
extension HSMCluster {
    private static let tick = Duration.milliseconds(250)

    func startWatch() -> [Task<Void, Never>] {
        let lookers = members.indices.map { index in
            Task { [weak self] in
                var failures = 0
                while !Task.isCancelled {
                    guard let cluster = self else { return }
                    failures = await cluster.attend(to: index) ? 0 : failures + 1
                    let pause = failures == 0 ? Self.tick : Self.backOff(failures)
                    try? await Task.sleep(for: pause)
                }
            }
        }
        // Apart from the looks, which hang where the member does.
        let hangs = Task { [weak self] in
            while !Task.isCancelled {
                guard let cluster = self else { return }
                cluster.relieveHanging()
                try? await Task.sleep(for: Self.tick)
            }
        }
        return lookers + [hangs]
    }

    /// Between looks at a member that does not serve: 50 ms to 1 s, somewhat at random.
    private static func backOff(_ failures: Int) -> Duration {
        let step = min(0.05 * Double(1 << min(failures - 1, 5)), 1)
        return .seconds(step / 2 + step / 2 * Double.random(in: 0...1))
    }

    /// Looks at a member where that is due, and at keys that it lacks. Answers whether it serves.
    private func attend(to index: Int) async -> Bool {
        let now = WorkerConnection.now
        let interval = UInt64(settings.lookInterval * 1e9)
        if routing.withLock({ $0.needsLook(index, interval: interval, now) }) {
            guard await look(at: index) == nil else { return false }
        }
        for key in routing.withLock({ $0.lacks.due(of: index, WorkerConnection.now) }) {
            do throws(KMSError) {
                try await isShown(key, by: index) ? noteShown(key, index) : noteLack(key, index)
            } catch {
                return false
            }
        }
        return true
    }

    /// Has a member do something with a key that it must have. Answers why it does not serve; nil when it does.
    @discardableResult func look(at index: Int) async -> KMSError? {
        do throws(KMSError) {
            try await canary(index)
        } catch {
            drain(index, error.cause ?? error.message)
            return error
        }
        if routing.withLock({ $0.restore(index, WorkerConnection.now) }) {
            logger.notice(
                "a member of the HSM cluster serves again", metadata: ["member": "\(members[index].name)"])
        }
        return nil
    }

    /// A real operation, looked up anew: that a token says it is there proves nothing.
    private func canary(_ index: Int) async throws(KMSError) {
        let known = routing.withLock { $0.known }
        var missing: KMSError?
        for key in known {
            do throws(KMSError) {
                try await watchfully(index) { (member) async throws(KMSError) in try await member.verifyKey(key) }
                routing.withLock { $0.noteKnown(key, isShown: true, by: index) }
                return
            } catch {
                guard error.code == .materialMissing else { throw error }
                routing.withLock { $0.noteKnown(key, isShown: false, by: index) }
                missing = error
            }
        }
        guard let missing else {
            return try await watchfully(index) { (member) async throws(KMSError) in try await member.checkHealth() }
        }
        throw KMSError(
            .keyUnavailable, missing.message,
            cause: "it shows none of \(known.count) keys that every member has to show: is it a token of this cluster, "
                + "and whole?")
    }

    /// As ``ask(_:_:isSlow:_:)``, but what it means for the member is for the caller to say.
    private func watchfully(
        _ index: Int, _ body: (any ClusterMember) async throws(KMSError) -> Void
    ) async throws(KMSError) {
        let begin = WorkerConnection.now
        routing.withLock { $0.begin(index, isSlow: false, begin) }
        defer {
            let end = WorkerConnection.now
            routing.withLock { $0.end(index, isSlow: false, end) }
        }
        try await body(members[index].backend)
    }

    /// Takes from members that have long said nothing what others can do.
    private func relieveHanging() {
        let now = WorkerConnection.now
        let hanging = routing.withLock { routing in
            let hanging = routing.members.indices.filter { routing.isHesitant($0, now) }
            let others = routing.members.indices.contains { index in
                routing.members[index].phase == .serving && !hanging.contains(index)
            }
            return others ? hanging : []
        }
        for index in hanging { members[index].backend.giveBackRepeatable() }
    }
}
