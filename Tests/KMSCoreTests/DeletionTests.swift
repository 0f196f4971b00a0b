import KMSCore
import KMSTesting
import Testing

@Suite struct Deletion {
    let rig = Rig()

    @Test(arguments: [7, 8, 30])
    func `is done on its day, and not a millisecond before`(days: Int) async throws {
        let store = try await rig.start()
        let made = try await store.newKey()
        let ciphertext = try await store.encrypt("secret", with: made.id)
        let scheduled = try await store.scheduleKeyDeletion(made.id, pendingWindowInDays: days, by: .alice)
        #expect(scheduled.state == .pendingDeletion)
        #expect(scheduled.key.deletionDate == rig.clock.now.adding(days: days))
        rig.clock.advance(byDays: days)
        rig.clock.advance(byMilliseconds: -1)
        try await store.performDueWork()
        #expect(rig.backend.objects == [made.object])
        #expect(rig.events.take().isEmpty)

        rig.clock.advance(byMilliseconds: 1)
        try await store.performDueWork()
        #expect(rig.backend.objects.isEmpty)
        #expect(try await rig.metadata.load().keys.isEmpty)
        #expect(rig.events.take() == ["destroyed \(made.id)"])
        await expect(.notFound, "Key '\(made.arn)' does not exist") {
            _ = try await store.describeKey(made.id, by: .alice)
        }
        await expect(.accessDenied) { _ = try await store.decrypt(ciphertext) }
    }

    @Test func `waits 30 days when nothing else is said`() async throws {
        let store = try await rig.start()
        let made = try await store.newKey()
        let scheduled = try await store.scheduleKeyDeletion(made.id, pendingWindowInDays: nil, by: .alice)
        #expect(scheduled.key.deletionDate == rig.clock.now.adding(days: 30))
    }

    @Test(arguments: [0, 6, 31, -1])
    func `waits 7 to 30 days, nothing else`(days: Int) async throws {
        let store = try await rig.start()
        let made = try await store.newKey()
        await expect(.validation) {
            _ = try await store.scheduleKeyDeletion(made.id, pendingWindowInDays: days, by: .alice)
        }
        #expect(try await store.state(made) == .enabled)
    }

    @Test func `makes the key unusable at once`() async throws {
        let store = try await rig.start()
        let made = try await store.newKey()
        let ciphertext = try await store.encrypt("secret", with: made.id)
        _ = try await store.scheduleKeyDeletion(made.id, pendingWindowInDays: 7, by: .alice)
        let message = "\(made.arn) is pending deletion."
        await expect(.invalidState, message) { _ = try await store.encrypt("x", with: made.id) }
        await expect(.invalidState, message) { _ = try await store.decrypt(ciphertext) }
        await expect(.invalidState, message) { try await store.enableKey(made.id, by: .alice) }
        await expect(.invalidState, message) { try await store.tagResource(made.id, tags: [], by: .alice) }
        await expect(.invalidState, message) {
            _ = try await store.scheduleKeyDeletion(made.id, pendingWindowInDays: 7, by: .alice)
        }
    }

    @Test func `cancelled before its day leaves the key disabled, and whole`() async throws {
        let store = try await rig.start()
        let made = try await store.newKey()
        let ciphertext = try await store.encrypt("secret", with: made.id)
        await expect(.invalidState, "\(made.arn) is not pending deletion.") {
            _ = try await store.cancelKeyDeletion(made.id, by: .alice)
        }
        _ = try await store.scheduleKeyDeletion(made.id, pendingWindowInDays: 7, by: .alice)
        #expect(try await store.cancelKeyDeletion(made.id, by: .alice) == made.key.address)
        #expect(try await store.state(made) == .disabled)
        rig.clock.advance(byDays: 100)
        try await store.performDueWork()
        #expect(rig.backend.objects == [made.object])
        try await store.enableKey(made.id, by: .alice)
        #expect(try await store.decrypt(ciphertext) == "secret")
        #expect(try await store.describeKey(made.id, by: .alice).key.deletionDate == nil)
    }

    @Test func `catches up after downtime`() async throws {
        let store = try await rig.start()
        var dying: [KeyDescription] = []
        for days in 7...10 {
            let made = try await store.newKey()
            _ = try await store.scheduleKeyDeletion(made.id, pendingWindowInDays: days, by: .alice)
            dying.append(made)
        }
        let later = try await store.newKey()
        _ = try await store.scheduleKeyDeletion(later.id, pendingWindowInDays: 30, by: .alice)
        let live = try await store.newKey()
        rig.clock.advance(byDays: 20)
        let restarted = try await rig.start()
        try await restarted.performDueWork()
        #expect(rig.backend.objects == [later.object, live.object])
        #expect(Set(rig.events.take()) == Set(dying.map { "destroyed \($0.id)" }))
        try await rig.expectAgreement()
    }

    @Test func `of one key that fails does not hold up the others`() async throws {
        let store = try await rig.start()
        for _ in 0..<3 {
            _ = try await store.scheduleKeyDeletion(try await store.newKey().id, pendingWindowInDays: 7, by: .alice)
        }
        rig.clock.advance(byDays: 7)
        rig.backend.fail(.destroyKey, with: KMSError(.keyUnavailable, "away for a moment"))
        await expect(.keyUnavailable, "away for a moment") { try await store.performDueWork() }
        #expect(rig.backend.objects.count == 1)
        try await store.performDueWork()
        #expect(rig.backend.objects.isEmpty)
    }

    @Test func `takes the key's aliases along, and no others`() async throws {
        let store = try await rig.start()
        let (dying, live) = (try await store.newKey(), try await store.newKey())
        for name in ["alias/a", "alias/b"] { try await store.createAlias(name, target: dying.id, by: .alice) }
        try await store.createAlias("alias/c", target: live.id, by: .alice)
        _ = try await store.scheduleKeyDeletion(dying.id, pendingWindowInDays: 7, by: .alice)
        #expect(try store.names().count == 3, "until its day they stay")
        rig.clock.advance(byDays: 7)
        try await store.performDueWork()
        #expect(try store.names() == ["alias/c"])
        #expect(try await rig.start().names() == ["alias/c"])
        // The name is free again.
        try await store.createAlias("alias/a", target: live.id, by: .alice)
    }

    // MARK: Nothing is destroyed while the token does not show every live key

    @Test func `is refused while a live key is missing, and done when it is back`() async throws {
        let store = try await rig.start()
        let (dying, live) = (try await store.newKey(), try await store.newKey())
        _ = try await store.scheduleKeyDeletion(dying.id, pendingWindowInDays: 7, by: .alice)
        rig.clock.advance(byDays: 7)
        rig.backend.hide([live.object])
        rig.backend.clearCalls()
        for _ in 0..<3 { await expect(.keyUnavailable) { try await store.performDueWork() } }
        #expect(rig.backend.calls.allSatisfy { $0 == .inventory }, "no object was touched")
        #expect(rig.backend.objects == [dying.object, live.object])
        #expect(rig.events.take() == Array(repeating: "refused \(live.arn)", count: 3))
        #expect(try await rig.stored(dying)?.lifecycle == .pendingDeletion)
        // Whoever finds out what is wrong in the meantime can still save the key.
        rig.backend.heal()
        try await store.performDueWork()
        #expect(rig.backend.objects == [live.object])
    }

    @Test func `counts a key as live when it is disabled or its day has not come`() async throws {
        let store = try await rig.start()
        let (dying, disabled, later) = (try await store.newKey(), try await store.newKey(), try await store.newKey())
        _ = try await store.scheduleKeyDeletion(dying.id, pendingWindowInDays: 7, by: .alice)
        try await store.disableKey(disabled.id, by: .alice)
        _ = try await store.scheduleKeyDeletion(later.id, pendingWindowInDays: 8, by: .alice)
        rig.clock.advance(byDays: 7)
        for missing in [disabled, later] {
            rig.backend.hide([missing.object])
            await expect(.keyUnavailable) { try await store.performDueWork() }
            #expect(rig.backend.objects.contains(dying.object))
            rig.backend.heal()
        }
        try await store.performDueWork()
        #expect(!rig.backend.objects.contains(dying.object))
    }

    @Test func `is refused on a token without the server's own key, even when no other key is live`() async throws {
        // A token whose folder was moved away answers that it holds nothing at all. The last key's deletion would
        // then "find none", which is success, and the object would be back with the token and have no row.
        let vault = CredentialVault(backend: rig.backend, metadata: rig.metadata)
        _ = try await rig.newAccessKey(vault)
        let store = try await rig.start()
        let dying = try await store.newKey()
        _ = try await store.scheduleKeyDeletion(dying.id, pendingWindowInDays: 7, by: .alice)
        rig.clock.advance(byDays: 7)
        rig.backend.hide(rig.backend.objects)
        await expect(.keyUnavailable) { try await store.performDueWork() }
        #expect(rig.events.take() == ["refused system key credentials"])
        #expect(try await rig.stored(dying) != nil)
        rig.backend.heal()
        try await store.performDueWork()
        try await rig.expectAgreement()
        #expect(!rig.backend.objects.contains(dying.object))
    }

    @Test func `is put off while the token cannot be asked, and the operator hears of it`() async throws {
        let store = try await rig.start()
        let dying = try await store.newKey()
        _ = try await store.scheduleKeyDeletion(dying.id, pendingWindowInDays: 7, by: .alice)
        rig.clock.advance(byDays: 7)
        rig.backend.fail(.inventory, with: KMSError(.keyUnavailable, "down"))
        await expect(.keyUnavailable, "down") { try await store.performDueWork() }
        #expect(rig.events.take() == ["postponed \(dying.id)"])
        rig.backend.fail(.destroyKey, with: KMSError(.dependencyTimeout, "slow"))
        await expect(.dependencyTimeout) { try await store.performDueWork() }
        #expect(rig.events.take() == ["postponed \(dying.id)"])
        try await store.performDueWork()
        #expect(rig.events.take() == ["destroyed \(dying.id)"])
        try await rig.expectAgreement()
    }

    @Test func `that has begun cannot be cancelled, and goes on by itself`() async throws {
        let store = try await rig.start()
        let made = try await store.newKey()
        _ = try await store.scheduleKeyDeletion(made.id, pendingWindowInDays: 7, by: .alice)
        rig.clock.advance(byDays: 7)
        // The object is gone, but the answer was lost.
        rig.backend.fail(.destroyKey, .after, with: KMSError(.dependencyTimeout, "slow"))
        await expect(.dependencyTimeout) { try await store.performDueWork() }
        #expect(try await store.state(made) == .pendingDeletion)
        for _ in 0..<2 {
            await expect(.invalidState) { _ = try await store.cancelKeyDeletion(made.id, by: .alice) }
        }
        let restarted = try await rig.start()
        #expect(try await restarted.state(made) == .pendingDeletion)
        await expect(.invalidState) { _ = try await restarted.cancelKeyDeletion(made.id, by: .alice) }
        // Even when the clock was set back meanwhile: what is gone is gone.
        rig.clock.advance(byDays: -3)
        try await restarted.performDueWork()
        try await rig.expectAgreement()
        await expect(.notFound) { _ = try await restarted.describeKey(made.id, by: .alice) }
    }

    @Test func `is done once when two rounds meet`() async throws {
        let store = try await rig.start()
        let (dying, live) = (try await store.newKey(), try await store.newKey())
        _ = try await store.scheduleKeyDeletion(dying.id, pendingWindowInDays: 7, by: .alice)
        rig.clock.advance(byDays: 7)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<10 { group.addTask { try await store.performDueWork() } }
            try await group.waitForAll()
        }
        #expect(rig.backend.calls.count { $0 == .destroyKey } == 1)
        #expect(rig.events.take() == ["destroyed \(dying.id)"])
        #expect(rig.backend.objects == [live.object])
    }

    @Test func `asks the token nothing while no key is due`() async throws {
        let store = try await rig.start()
        let made = try await store.newKey()
        _ = try await store.scheduleKeyDeletion(made.id, pendingWindowInDays: 7, by: .alice)
        rig.backend.clearCalls()
        try await store.performDueWork()
        #expect(rig.backend.calls.isEmpty)
    }

    // MARK: Creations that were interrupted

    @Test(arguments: FakeBackend.Moment.allCases)
    func `of what a failed creation left is done at once`(moment: FakeBackend.Moment) async throws {
        let store = try await rig.start()
        let live = try await store.newKey()
        rig.backend.fail(.generateKey, moment, with: KMSError(.dependencyTimeout, "slow"))
        await expect(.dependencyTimeout) { _ = try await store.newKey() }
        try await store.performDueWork()
        #expect(rig.backend.objects == [live.object])
        try await rig.expectAgreement()
        #expect(rig.events.all.count { $0.hasPrefix("undone") } == 1)
        #expect(try store.listKeys(PageRequest(), by: .alice).items == [live.key.address])
    }

    @Test func `of what a crash left of a creation is done after the start`() async throws {
        let live = try await rig.start().newKey()
        var key = Key.sample()
        key.lifecycle = .creating
        key.materials[0].reference = MaterialReference(object: .random(), checkValue: [])
        try await rig.metadata.commit([.saveKey(key)])
        rig.backend.plant(Array(repeating: 1, count: 32), as: key.materials[0].reference.object)
        let store = try await rig.start()
        await expect(.notFound) { _ = try await store.describeKey("\(key.address.id)", by: .alice) }
        #expect(try store.listKeys(PageRequest(), by: .alice).items == [live.key.address], "nobody sees it")
        try await store.performDueWork()
        #expect(rig.backend.objects == [live.object])
        try await rig.expectAgreement()
        #expect(rig.events.take() == ["undone \(key.address.id)"])
    }

    @Test func `of what a creation left waits until the token shows every live key`() async throws {
        let live = try await rig.start().newKey()
        var key = Key.sample()
        key.lifecycle = .creating
        try await rig.metadata.commit([.saveKey(key)])
        rig.backend.plant(Array(repeating: 1, count: 32), as: key.materials[0].reference.object)
        let store = try await rig.start()
        rig.backend.hide(rig.backend.objects)
        await expect(.keyUnavailable) { try await store.performDueWork() }
        #expect(try await rig.metadata.load().keys.count == 2, "the intent is all that still knows of the object")
        #expect(rig.events.take() == ["refused \(live.arn)"])
        rig.backend.heal()
        try await store.performDueWork()
        try await rig.expectAgreement()
        #expect(rig.backend.objects == [live.object])
    }

    @Test func `of a key half gone does not keep a creation from being undone`() async throws {
        let store = try await rig.start()
        let dying = try await store.newKey()
        _ = try await store.scheduleKeyDeletion(dying.id, pendingWindowInDays: 7, by: .alice)
        rig.clock.advance(byDays: 7)
        rig.backend.fail(.destroyKey, .after, with: KMSError(.dependencyTimeout, "slow"))
        await expect(.dependencyTimeout) { try await store.performDueWork() }
        rig.backend.fail(.generateKey, .after, with: KMSError(.dependencyTimeout, "slow"))
        await expect(.dependencyTimeout) { _ = try await store.newKey() }
        try await rig.start().performDueWork()
        try await rig.expectAgreement()
        #expect(rig.backend.objects.isEmpty)
    }
}
