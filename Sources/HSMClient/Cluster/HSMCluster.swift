import Glibc
package import KMSCore
package import Logging
import SecureMemory
import Synchronization

/// The ``KeyBackend`` over several tokens that their vendor keeps in step: every key is, sooner or later, in each.
///
/// Requests go in turn to the members that serve. One that fails gets nothing more until a look at it succeeds, by an
/// operation with a key that it has to have; what it was asked for and may be repeated, another does. A key counts as
/// made when enough members show it, and as destroyed when none does. Nothing is copied from member to member here.
package final class HSMCluster: KeyBackend {
    package struct Member: Sendable {
        /// For the operator, who knows it from the configuration.
        package let name: String
        package let backend: any ClusterMember

        package init(name: String, backend: any ClusterMember) {
            self.name = name
            self.backend = backend
        }
    }

    package let members: [Member]
    let settings: ClusterSettings
    let logger: Logger
    let routing: Mutex<Routing>
    private let watch = Mutex<[Task<Void, Never>]>([])

    /// Begins to look at the members. Two or more, and at most 64.
    ///
    /// - Parameter knownKeys: Keys of the key store that every member has to show; one that shows none of them is never
    ///   used. Without any the first keys that are used take their place.
    package init(
        _ members: [Member], settings: ClusterSettings, knownKeys: [MaterialReference] = [], logger: Logger
    ) {
        precondition((1...MemberSet.limit).contains(members.count), "a cluster has from 1 to 64 members")
        self.members = members
        self.settings = settings
        self.logger = logger
        routing = Mutex(Routing(members: members.count, known: knownKeys, settings: settings))
        watch.withLock { $0 = startWatch() }
    }

    deinit {
        for task in watch.withLock({ $0 }) { task.cancel() }
    }

    /// On how many members a key has to be seen.
    var quorum: Int { min(max(settings.quorum ?? members.count, 1), members.count) }

    /// Looks at the members no more. They are to be stopped afterwards, by whom they belong to.
    package func stop() {
        for task in watch.withLock({ $0 }) { task.cancel() }
    }

    // MARK: A request

    /// Has a member do what any that has the keys can do, and may do again: when one fails, the next is asked.
    func onAny<R: ~Copyable>(
        _ key: MaterialReference? = nil, _ second: MaterialReference? = nil, isSlow: Bool = false,
        _ body: (any ClusterMember) async throws(KMSError) -> R
    ) async throws(KMSError) -> R {
        var course = Course()
        while let index = choose(course.asked, key, second, isSlow: isSlow) {
            do throws(KMSError) {
                let result = try await body(members[index].backend)
                succeed(index, key, isSlow: isSlow)
                return result
            } catch {
                await fail(index, error, key, second, isSlow: isSlow)
                guard error.isOfMember else { throw error }
                course.note(error, of: index)
            }
        }
        throw verdict(course, without: routing.withLock { $0.withoutKeys(key, second) })
    }

    /// What became of a request so far.
    struct Course {
        var asked = MemberSet()
        var missing = MemberSet()
        var failure: KMSError?
        var missingError: KMSError?

        mutating func note(_ error: KMSError, of index: Int) {
            asked.insert(index)
            if error.code == .materialMissing {
                missing.insert(index)
                missingError = error
            } else if failure == nil || error.code != .keyUnavailable {
                failure = error
            }
        }
    }

    private func choose(
        _ asked: MemberSet, _ key: MaterialReference?, _ second: MaterialReference?, isSlow: Bool
    ) -> Int? {
        let now = WorkerConnection.now
        return routing.withLock { routing in
            var excluded = routing.withoutKeys(key, second)
            excluded.formUnion(asked)
            return routing.choose(except: excluded, isSlow: isSlow, now)
        }
    }

    func succeed(_ index: Int, _ key: MaterialReference?, isSlow: Bool) {
        let now = WorkerConnection.now
        routing.withLock { routing in
            routing.end(index, isSlow: isSlow, now)
            routing.noteProof(index, of: key, now)
        }
    }

    /// Notes what an error says of the member that it came from.
    func fail(
        _ index: Int, _ error: KMSError, _ key: MaterialReference?, _ second: MaterialReference? = nil, isSlow: Bool
    ) async {
        let now = WorkerConnection.now
        routing.withLock { $0.end(index, isSlow: isSlow, now) }
        switch error.code {
        case .keyUnavailable:
            drain(index, error.cause ?? error.message)
        case .dependencyTimeout:
            routing.withLock { $0.noteTimeout(index) }
        case .materialMissing:
            routing.withLock { $0.noteSign(index, now) }
            if let key { await noteMissing(key, second, index) }
        case .internalFailure:
            routing.withLock { routing in
                routing.noteSign(index, now)
                routing.noteDoubt(index)
            }
        default:
            routing.withLock { $0.noteSign(index, now) }
        }
    }

    /// The error of a request that no member did: the key is missing only where every member says so.
    func verdict(_ course: Course, without lacking: MemberSet = MemberSet()) -> KMSError {
        if let failure = course.failure { return failure }
        if let missing = course.missingError, course.missing.count == members.count { return missing }
        var lacking = lacking
        lacking.formUnion(course.missing)
        return .hsmUnavailable(
            cause: "no member of the HSM cluster that has the key serves: "
                + describe(Array(members.indices), without: lacking))
    }

    /// Members by name, with what keeps them from serving.
    func describe(_ indices: [Int], without lacking: MemberSet = MemberSet()) -> String {
        routing.withLock { routing in
            indices.map { index in
                switch routing.members[index].phase {
                case .drained(let cause): "\(members[index].name) (\(cause))"
                case .unproven: "\(members[index].name) (it has not answered yet)"
                case .serving where lacking.contains(index): "\(members[index].name) (it does not show the key)"
                case .serving: members[index].name
                }
            }
        }.joined(separator: ", ")
    }

    // MARK: What is learned of members

    func drain(_ index: Int, _ cause: String) {
        guard routing.withLock({ $0.drain(index, cause) }) else { return }
        logger.error(
            "a member of the HSM cluster gets no more requests",
            metadata: ["member": "\(members[index].name)", "cause": "\(cause)"])
    }

    /// A member answered that it does not show a key, or one of two.
    private func noteMissing(_ key: MaterialReference, _ second: MaterialReference?, _ index: Int) async {
        guard let second else { return noteLack(key, index) }
        for key in [key, second] {
            do throws(KMSError) {
                try await members[index].backend.verifyKey(key)
            } catch {
                if error.code == .materialMissing { noteLack(key, index) }
            }
        }
    }

    func noteLack(_ key: MaterialReference, _ index: Int) {
        let now = WorkerConnection.now
        let isNews = routing.withLock { routing in
            routing.noteSign(index, now)
            // Perhaps it shows no key at all any more.
            routing.noteDoubt(index)
            return routing.lacks.insert(key, of: index, now)
        }
        guard isNews else { return }
        logger.notice(
            "a member of the HSM cluster lacks a key, and is not asked for it",
            metadata: ["member": "\(members[index].name)", "object": "\(key.object)"])
    }

    func noteShown(_ key: MaterialReference, _ index: Int) {
        guard routing.withLock({ $0.lacks.remove(key, of: index) }) else { return }
        logger.notice(
            "a member of the HSM cluster shows a key that it lacked",
            metadata: ["member": "\(members[index].name)", "object": "\(key.object)"])
    }
}

extension KMSError {
    /// Whether another member may do better. All else is an answer.
    fileprivate var isOfMember: Bool {
        [.keyUnavailable, .dependencyTimeout, .materialMissing, .throttled, .internalFailure].contains(code)
    }
}
