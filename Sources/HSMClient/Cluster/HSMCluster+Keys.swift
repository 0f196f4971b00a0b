package import KMSCore
import Synchronization

// How keys come into being, and go. The members are kept in step by their vendor; here it is only looked at.
extension HSMCluster {
    /// What one member cannot do, keys cannot be made for: any may be asked.
    package func checkSupport(
        of spec: KeySpec, for usage: KeyUsage, imported: Bool
    ) async throws(KMSError) {
        var failure: KMSError?
        var answered = false
        for index in members.indices where !isDrained(index) {
            do throws(KMSError) {
                try await ask(index) { (member) async throws(KMSError) in
                    try await member.checkSupport(of: spec, for: usage, imported: imported)
                }
                answered = true
            } catch {
                guard error.code != .unsupported else {
                    throw KMSError(.unsupported, error.message, cause: "the member is \(members[index].name)")
                }
                failure = error
            }
        }
        guard answered else { throw failure ?? verdict(Course()) }
    }

    package func generateKey(
        _ spec: KeySpec, for usage: KeyUsage, id: ObjectID
    ) async throws(KMSError) -> GeneratedKey {
        try await create(id, checkValue: { $0.checkValue }) { (member) async throws(KMSError) in
            try await member.generateKey(spec, for: usage, id: id)
        }
    }

    package func generateWrappingKey(_ spec: KeySpec, id: ObjectID) async throws(KMSError) -> GeneratedKey {
        try await create(id, checkValue: { $0.checkValue }) { (member) async throws(KMSError) in
            try await member.generateWrappingKey(spec, id: id)
        }
    }

    package func importKey(
        _ material: WrappedMaterial, of spec: KeySpec, for usage: KeyUsage, id: ObjectID, expecting checkValue: [UInt8]?
    ) async throws(KMSError) -> ImportedKey {
        try await create(id, with: material.wrappingKey, checkValue: { $0.key.checkValue }) {
            (member) async throws(KMSError) in
            try await member.importKey(material, of: spec, for: usage, id: id, expecting: checkValue)
        }
    }

    package func generateMovableKey(
        _ spec: KeySpec, for usage: KeyUsage, id: ObjectID
    ) async throws(KMSError) -> GeneratedKey {
        try await create(id, checkValue: { $0.checkValue }) { (member) async throws(KMSError) in
            try await member.generateMovableKey(spec, for: usage, id: id)
        }
    }

    package func unwrapKey(
        _ material: WrappedMaterial, as id: ObjectID, matching source: MaterialReference, of spec: KeySpec,
        for usage: KeyUsage
    ) async throws(KMSError) -> GeneratedKey {
        try await create(id, with: material.wrappingKey, checkValue: { $0.checkValue }) {
            (member) async throws(KMSError) in
            try await member.unwrapKey(material, as: id, matching: source, of: spec, for: usage)
        }
    }

    // MARK: Creation

    /// Has one member make the object `id`, and waits until enough of them show it. If they do not, it goes again.
    ///
    /// Another member is asked only where the first has surely made nothing: two objects of one id would be no key.
    private func create<T: Sendable>(
        _ id: ObjectID, with wrappingKey: MaterialReference? = nil, checkValue: (T) -> [UInt8],
        _ make: (any ClusterMember) async throws(KMSError) -> T
    ) async throws(KMSError) -> T {
        try await expectQuorum()
        var course = Course()
        while let maker = chooseMaker(except: course.asked, wrappingKey) {
            let made: T
            do throws(KMSError) {
                made = try await make(members[maker].backend)
                succeed(maker, nil, isSlow: true)
            } catch {
                await fail(maker, error, wrappingKey, isSlow: true)
                guard error.code == .throttled || error.code == .materialMissing else { throw error }
                course.note(error, of: maker)
                continue
            }
            try await expectShown(MaterialReference(object: id, checkValue: checkValue(made)), madeBy: maker)
            return made
        }
        throw verdict(course)
    }

    private func chooseMaker(except asked: MemberSet, _ wrappingKey: MaterialReference?) -> Int? {
        let now = WorkerConnection.now
        return routing.withLock { routing in
            var excluded = routing.withoutKeys(wrappingKey, nil)
            excluded.formUnion(asked)
            return routing.choose(except: excluded, isSlow: true, now)
        }
    }

    /// Before anything is made: so many have to serve that the key can be seen on enough of them.
    private func expectQuorum() async throws(KMSError) {
        // At the start nothing is known of the members yet.
        for index in members.indices where routing.withLock({ $0.members[index].phase == .unproven }) {
            await look(at: index)
        }
        let absent = members.indices.filter { isDrained($0) }
        guard members.count - absent.count < quorum else { return }
        throw KMSError(
            .keyUnavailable, "The HSM is not available for new keys. Try again later.",
            cause: "a new key has to be seen on \(quorum) members of the HSM cluster, and some do not serve: "
                + describe(absent))
    }

    private func expectShown(_ key: MaterialReference, madeBy maker: Int) async throws(KMSError) {
        // A task of its own: a caller that goes away does not end the wait, and what is made is seen or undone.
        let shown = await Task { await self.whoShows(key, madeBy: maker) }.value
        let absent = members.indices.filter { !shown.contains($0) }
        guard shown.count >= quorum else {
            // Whoever asked for it has an intent, and will have it destroyed on all; this only makes it soon.
            try? await ask(maker) { (member) async throws(KMSError) in try await member.destroyKey(key.object) }
            routing.withLock { $0.forget(key.object) }
            throw KMSError(
                .keyUnavailable, "The new key was not seen on enough HSMs in time. Try again.",
                cause:
                    "\(members[maker].name) made it, but within \(settings.propagation) s only \(shown.count) of the "
                    + "needed \(quorum) members showed it, and not \(describe(absent)): are they synchronised?")
        }
        // Until they have shown it they are not asked for it.
        for index in absent { noteLack(key, index) }
    }

    /// Which members show the new key: enough of them, or else those that do in the end.
    private func whoShows(_ key: MaterialReference, madeBy maker: Int) async -> MemberSet {
        let end = WorkerConnection.now + UInt64(settings.propagation * 1e9)
        var shown = MemberSet()
        shown.insert(maker)
        var pause = 0.005
        while true {
            for index in members.indices where !shown.contains(index) && shown.count < quorum && mayBeAsked(index) {
                if (try? await isShown(key, by: index)) == true { shown.insert(index) }
            }
            guard shown.count < quorum, WorkerConnection.now < end else { return shown }
            try? await Task.sleep(for: .seconds(pause))
            pause = min(pause * 2, 0.2)
        }
    }

    /// Whether the member shows the key, and it is that key. What is not there yet is not verified: that would look like
    /// a fault of the member.
    func isShown(_ key: MaterialReference, by index: Int) async throws(KMSError) -> Bool {
        try await ask(index) { (member) async throws(KMSError) in
            // An adopted one has no object of that id.
            let isOurs = member.adoptedObject(of: key) == nil
            if isOurs, try await !member.shows(key.object) { return false }
            do throws(KMSError) {
                try await member.verifyKey(key)
                return true
            } catch {
                guard error.code == .materialMissing else { throw error }
                return false
            }
        }
    }

    // MARK: Destruction

    /// Destroys the object on a member that shows it, and waits until none does. All members have to answer, and have
    /// to show a key that they must have: what a token that has lost its mind calls gone would come back with it.
    package func destroyKey(_ id: ObjectID) async throws(KMSError) {
        routing.withLock { $0.forget(id) }
        for index in members.indices {
            try await expectSanity(of: index, "the key cannot be destroyed")
        }
        let result = await Task { () async -> Result<Void, KMSError> in
            do throws(KMSError) {
                try await self.destroyEverywhere(id)
                return .success(())
            } catch {
                return .failure(error)
            }
        }.value
        try result.get()
    }

    private func destroyEverywhere(_ id: ObjectID) async throws(KMSError) {
        var remaining = try await whoHas(id, of: Array(members.indices))
        if let first = remaining.first {
            try await ask(first) { (member) async throws(KMSError) in try await member.destroyKey(id) }
            let end = WorkerConnection.now + UInt64(settings.propagation * 1e9)
            var pause = 0.005
            remaining = try await whoHas(id, of: remaining)
            while !remaining.isEmpty, WorkerConnection.now < end {
                try? await Task.sleep(for: .seconds(pause))
                pause = min(pause * 2, 0.2)
                remaining = try await whoHas(id, of: remaining)
            }
        }
        // Handles and session copies outlive the object.
        try await forgetKey(id)
        guard remaining.isEmpty else {
            throw KMSError(
                .keyUnavailable, "The key is not destroyed on all HSMs yet. Try again.",
                cause: "\(describe(remaining)) still shows the object \(id) \(settings.propagation) s after another "
                    + "member destroyed it: are the members synchronised?")
        }
    }

    private func whoHas(_ id: ObjectID, of indices: [Int]) async throws(KMSError) -> [Int] {
        var found: [Int] = []
        for index in indices {
            let isThere = try await ask(index) { (member) async throws(KMSError) in try await member.shows(id) }
            if isThere { found.append(index) }
        }
        return found
    }

    /// Throws unless the member shows a key that it must have, now.
    private func expectSanity(of index: Int, _ consequence: String) async throws(KMSError) {
        guard let fault = await look(at: index) else { return }
        throw KMSError(
            .keyUnavailable, "The HSM is not available for that. Try again later.",
            cause: "\(consequence) while \(members[index].name) cannot be asked: \(fault.cause ?? fault.message)")
    }

    package func forgetKey(_ id: ObjectID) async throws(KMSError) {
        var failure: KMSError?
        for member in members {
            do throws(KMSError) {
                try await member.backend.forgetKey(id)
            } catch {
                // Who does not answer will be begun anew, and has nothing in memory then.
                if error.code != .keyUnavailable, error.code != .dependencyTimeout { failure = error }
            }
        }
        if let failure { throw failure }
    }

    // MARK: Looking

    /// Looks at every member that can be asked, and succeeds when one shows the key.
    package func verifyKey(_ key: MaterialReference) async throws(KMSError) {
        var course = Course()
        var isShown = false
        for index in members.indices where mayBeAsked(index) {
            do throws(KMSError) {
                try await ask(index, key) { (member) async throws(KMSError) in try await member.verifyKey(key) }
                noteShown(key, index)
                isShown = true
            } catch {
                course.note(error, of: index)
            }
        }
        guard isShown else { throw verdict(course) }
    }

    /// What any member shows: for objects that nobody names. All have to answer.
    package func inventory() async throws(KMSError) -> Set<ObjectID> {
        try await inventories().reduce(into: []) { $0.formUnion($1) }
    }

    /// What so many members show as have to. All have to answer.
    package func establishedObjects() async throws(KMSError) -> Set<ObjectID> {
        var counts: [ObjectID: Int] = [:]
        for objects in try await inventories() {
            for object in objects { counts[object, default: 0] += 1 }
        }
        return Set(counts.filter { $0.value >= quorum }.keys)
    }

    private func inventories() async throws(KMSError) -> [Set<ObjectID>] {
        var all: [Set<ObjectID>] = []
        for index in members.indices {
            guard !isDrained(index) else {
                throw .hsmUnavailable(
                    cause: "not all members of the HSM cluster can be asked: \(describe([index]))")
            }
            all.append(
                try await ask(index, isSlow: true) { (member) async throws(KMSError) in
                    try await member.inventory()
                })
        }
        return all
    }

    // MARK: One member

    func isDrained(_ index: Int) -> Bool { routing.withLock { $0.isDrained(index) } }

    /// Whether to ask one member among several: not one that would only be waited for.
    func mayBeAsked(_ index: Int) -> Bool {
        let now = WorkerConnection.now
        return routing.withLock { !$0.isDrained(index) && !$0.isHesitant(index, now) }
    }

    /// Has a certain member do something.
    @discardableResult func ask<R: ~Copyable>(
        _ index: Int, _ key: MaterialReference? = nil, isSlow: Bool = false,
        _ body: (any ClusterMember) async throws(KMSError) -> R
    ) async throws(KMSError) -> R {
        let now = WorkerConnection.now
        routing.withLock { $0.begin(index, isSlow: isSlow, now) }
        do throws(KMSError) {
            let result = try await body(members[index].backend)
            succeed(index, key, isSlow: isSlow)
            return result
        } catch {
            await fail(index, error, key, isSlow: isSlow)
            throw error
        }
    }
}
