import KMSCore
import KMSTesting
import SecureMemory
import Testing

@Suite struct `Key material that the token does not show` {
    let rig = Rig()

    @Test func `makes the key unavailable, raises one alarm, and heals by itself`() async throws {
        let store = try await rig.start()
        let made = try await store.newKey()
        let ciphertext = try await store.encrypt("secret", with: made.id)
        rig.backend.hide([made.object])
        for _ in 0..<3 {
            await expect(.keyUnavailable, "The key material of \(made.arn) is not available.") {
                _ = try await store.decrypt(ciphertext)
            }
            await expect(.keyUnavailable) { _ = try await store.encrypt("x", with: made.id) }
            await expect(.keyUnavailable) {
                _ = try await store.generateDataKey(bytes: 32, with: made.id, context: .empty, by: .alice)
            }
        }
        #expect(rig.events.take() == ["missing \(made.id)"], "once, not at every request")
        #expect(try await store.state(made) == .unavailable)

        rig.backend.heal()
        #expect(try await store.decrypt(ciphertext) == "secret")
        #expect(rig.events.take() == ["found \(made.id)"])
        #expect(try await store.state(made) == .enabled)
    }

    @Test(arguments: ["encrypt", "dataKey", "dataKeyWithoutPlaintext", "decrypt"])
    func `is noticed by every operation, and so is its return`(operation: String) async throws {
        let store = try await rig.start()
        let made = try await store.newKey()
        let ciphertext = try await store.encrypt("secret", with: made.id)
        func run() async throws {
            switch operation {
            case "encrypt": _ = try await store.encrypt("x", with: made.id)
            case "dataKey": _ = try await store.generateDataKey(bytes: 9, with: made.id, context: .empty, by: .alice)
            case "decrypt": _ = try await store.decrypt(ciphertext)
            default:
                _ = try await store.generateDataKeyWithoutPlaintext(
                    bytes: 9, with: made.id, context: .empty, by: .alice)
            }
        }
        rig.backend.hide([made.object])
        await expect(.keyUnavailable) { try await run() }
        #expect(try await store.state(made) == .unavailable)
        rig.backend.heal()
        try await run()
        #expect(try await store.state(made) == .enabled)
        #expect(rig.events.all == ["missing \(made.id)", "found \(made.id)"])
    }

    @Test func `is never read as a deleted key: the row stays and no object is made`() async throws {
        let store = try await rig.start()
        let made = try await store.newKey()
        rig.backend.hide([made.object])
        rig.backend.clearCalls()
        await expect(.keyUnavailable) { _ = try await store.encrypt("x", with: made.id) }
        try await store.performDueWork()
        #expect(rig.backend.calls.allSatisfy { $0 == .encrypt }, "nothing is made, and nothing destroyed")
        #expect(try await rig.stored(made) != nil)
        #expect(try store.listKeys(PageRequest(), by: .alice).items == [made.key.address])
        #expect(try await rig.start().describeKey(made.id, by: .alice).key.address == made.key.address)
    }

    @Test func `does not touch other keys`() async throws {
        let store = try await rig.start()
        let (gone, other) = (try await store.newKey(), try await store.newKey())
        let ciphertext = try await store.encrypt("secret", with: other.id)
        rig.backend.hide([gone.object])
        await expect(.keyUnavailable) { _ = try await store.encrypt("x", with: gone.id) }
        #expect(try await store.decrypt(ciphertext) == "secret")
        #expect(try await store.state(other) == .enabled)
    }

    @Test func `is also what a stranger's object under the same id is`() async throws {
        let store = try await rig.start()
        let made = try await store.newKey()
        let ciphertext = try await store.encrypt("secret", with: made.id)
        rig.backend.plant(Array(repeating: 7, count: 32), as: made.object)
        await expect(.keyUnavailable) { _ = try await store.encrypt("x", with: made.id) }
        await expect(.keyUnavailable) { _ = try await store.decrypt(ciphertext) }
        #expect(rig.events.take() == ["missing \(made.id)"])
        #expect(try await store.state(made) == .unavailable)
    }

    @Test func `fails a re-encryption with a retryable error, whichever of both it is`() async throws {
        let store = try await rig.start()
        let (source, destination) = (try await store.newKey(), try await store.newKey())
        let ciphertext = try await store.encrypt("secret", with: source.id)
        for missing in [source, destination] {
            rig.backend.hide([missing.object])
            await expect(.keyUnavailable) {
                _ = try await store.reEncrypt(
                    ciphertext, sourceKey: nil, sourceContext: .empty, destinationKey: destination.id,
                    destinationContext: .empty, by: .alice
                )
            }
            rig.backend.heal()
        }
    }

    @Test func `lets its key be managed: disabled, scheduled for deletion, saved`() async throws {
        let store = try await rig.start()
        let made = try await store.newKey()
        rig.backend.hide([made.object])
        await expect(.keyUnavailable) { _ = try await store.encrypt("x", with: made.id) }
        try await store.disableKey(made.id, by: .alice)
        #expect(try await store.state(made) == .disabled)
        try await store.enableKey(made.id, by: .alice)
        #expect(try await store.state(made) == .unavailable, "enabling does not bring the material back")
        _ = try await store.scheduleKeyDeletion(made.id, pendingWindowInDays: 7, by: .alice)
        #expect(try await store.state(made) == .pendingDeletion)
        _ = try await store.cancelKeyDeletion(made.id, by: .alice)
    }

    @Test func `is looked for anew after a restart`() async throws {
        let store = try await rig.start()
        let made = try await store.newKey()
        rig.backend.hide([made.object])
        await expect(.keyUnavailable) { _ = try await store.encrypt("x", with: made.id) }
        #expect(try await rig.start().state(made) == .enabled, "nobody has asked the token yet")
    }
}
