import KMSTesting
import SecureMemory
import Synchronization
import Testing

@testable import KMSCore

@Suite struct `The connection of a custom key store` {
    let scene = CustomKeyStoreScene()

    @Test func `is asked for at once, and there when the token has answered`() async throws {
        let store = try await scene.start()
        let id = try await store.newKeyStore()
        scene.keyStores.edit { $0.isSlow = true }
        try await store.connectCustomKeyStore(id, by: .alice)
        #expect(try store.keyStore(id).connection == .connecting)
        await expect(.customKeyStoreInvalidState) { _ = try await store.newKey(in: id) }
        // To ask twice is success.
        try await store.connectCustomKeyStore(id, by: .alice)
        scene.keyStores.edit { $0.isSlow = false }
        try await store.wait(for: id, "CONNECTED")
        try await store.connectCustomKeyStore(id, by: .alice)
        #expect(scene.keyStores.state.withLock { $0.begun } == 1)
        #expect(scene.rig.events.take() == ["connected payroll"])
        #expect(try await scene.rig.metadata.load().customKeyStores.first?.connection == .connected)
    }

    @Test func `fails with a wrong password, and is there with the right one`() async throws {
        let store = try await scene.start()
        let id = try await store.newKeyStore(pin: "a wrong one")
        try await store.connectCustomKeyStore(id, by: .alice)
        try await store.wait(for: id, "FAILED")
        #expect(try store.keyStore(id).connection.error == .invalidCredentials)
        #expect(scene.keyStores.open == 0, "nothing is left of it")
        #expect(scene.rig.events.take() == ["failed payroll INVALID_CREDENTIALS"])
        await expect(.customKeyStoreInvalidState) { try await store.connectCustomKeyStore(id, by: .alice) }
        await expect(.customKeyStoreInvalidState) {
            try await store.updateCustomKeyStore(id, CustomKeyStoreUpdate(name: "x"), by: .alice)
        }
        try await store.disconnectCustomKeyStore(id, by: .alice)
        try await store.wait(for: id, "DISCONNECTED")
        guard case .cloudHSM(let before) = try store.keyStore(id).backing else { return }
        try await store.updateCustomKeyStore(
            id, CustomKeyStoreUpdate(secret: SecretBytes(copying: Array("1234567".utf8))), by: .alice)
        guard case .cloudHSM(let after) = try store.keyStore(id).backing else { return }
        #expect(before.passwordName != after.passwordName, "so that its token is asked again")
        try await store.connectCustomKeyStore(id, by: .alice)
        try await store.wait(for: id, "CONNECTED")
    }

    @Test(arguments: [
        ConnectionErrorCode.networkErrors, .userLockedOut, .userNotFound, .insufficientHSMs, .internalError,
    ])
    func `tells why it failed`(code: ConnectionErrorCode) async throws {
        let store = try await scene.start()
        let id = try await store.newKeyStore()
        scene.keyStores.edit { $0.outcome = .failed(code, cause: "so it is", isLasting: false) }
        try await store.connectCustomKeyStore(id, by: .alice)
        try await store.wait(for: id, "FAILED")
        #expect(try store.keyStore(id).connection.error == code)
    }

    @Test func `fails when the configuration has no such cluster any more`() async throws {
        let store = try await scene.start()
        let id = try await store.newKeyStore()
        scene.keyStores.state.withLock { $0.clusters[FakeKeyStores.first] = nil }
        try await store.connectCustomKeyStore(id, by: .alice)
        try await store.wait(for: id, "FAILED")
        #expect(try store.keyStore(id).connection.error == .clusterNotFound)
    }

    @Test func `can be given up while it is being made`() async throws {
        let store = try await scene.start()
        let id = try await store.newKeyStore()
        scene.keyStores.edit { $0.isSlow = true }
        try await store.connectCustomKeyStore(id, by: .alice)
        try await store.wait { scene.keyStores.open == 1 }
        try await store.disconnectCustomKeyStore(id, by: .alice)
        try await store.wait(for: id, "DISCONNECTED")
        #expect(scene.keyStores.open == 0)
        await expect(.customKeyStoreInvalidState) { try await store.disconnectCustomKeyStore(id, by: .alice) }
        scene.keyStores.edit { $0.isSlow = false }
        try await store.connectCustomKeyStore(id, by: .alice)
        try await store.wait(for: id, "CONNECTED")
        #expect(scene.keyStores.open == 1)
    }

    @Test func `is made again by the next server, if it was there or asked for`() async throws {
        let store = try await scene.start()
        let id = try await scene.connected(store)
        let other = try await store.newKeyStore(name: "other", cluster: FakeKeyStores.second, pin: "7654321")
        let key = try await store.newKey(in: id)
        let ciphertext = try await store.encrypt("kept", with: key.id)
        scene.keyStores.edit(FakeKeyStores.second) { $0.isSlow = true }
        try await store.connectCustomKeyStore(other, by: .alice)
        scene.keyStores.edit(FakeKeyStores.second) { $0.isSlow = false }
        // Crash: the store is given up as it is.
        let next = try await scene.start()
        #expect(try next.keyStore(id).connection == .connected, "it is shown as connected from the start")
        try await next.wait(for: other, "CONNECTED")
        try await next.wait { (try? await next.decrypt(ciphertext)) == "kept" }
    }

    @Test func `stays as it was when it was not there`() async throws {
        let store = try await scene.start()
        let id = try await scene.connected(store)
        try await store.disconnectCustomKeyStore(id, by: .alice)
        try await store.wait(for: id, "DISCONNECTED")
        let failed = try await store.newKeyStore(name: "failed", cluster: FakeKeyStores.second, pin: "not this")
        try await store.connectCustomKeyStore(failed, by: .alice)
        try await store.wait(for: failed, "FAILED")
        let begun = scene.keyStores.state.withLock { $0.begun }
        let next = try await scene.start()
        try await next.performDueWork()
        #expect(try next.keyStore(id).connection == .disconnected)
        #expect(try next.keyStore(failed).connection == .failed(.invalidCredentials))
        #expect(scene.keyStores.state.withLock { $0.begun } == begun)
    }

    @Test func `ends to be given up after a crash in the middle of that`() async throws {
        let store = try await scene.start()
        let id = try await store.newKeyStore()
        var stored = try store.keyStore(id)
        stored.connection = .disconnecting
        try await scene.rig.metadata.commit([.saveCustomKeyStore(stored)])
        let next = try await scene.start()
        #expect(try next.keyStore(id).connection == .disconnected)
    }

    @Test func `that cannot be made again at a start fails if nothing but its owner helps`() async throws {
        let store = try await scene.start()
        let id = try await scene.connected(store)
        scene.keyStores.edit { $0.pin = "changed meanwhile" }
        let next = try await scene.start()
        try await next.wait(for: id, "FAILED")
        #expect(try next.keyStore(id).connection.error == .invalidCredentials)
    }

    @Test func `that comes back by itself stays`() async throws {
        let store = try await scene.start()
        let id = try await scene.connected(store)
        let key = try await store.newKey(in: id)
        scene.keyStores.edit { $0.outcome = .failed(.networkErrors, cause: "away", isLasting: false) }
        let next = try await scene.start()
        try await next.wait { scene.rig.events.all.contains("failed payroll NETWORK_ERRORS") }
        #expect(try next.keyStore(id).connection == .connected)
        // Its workers bring it back: the connection was not given up.
        _ = try await next.encrypt("x", with: key.id)
    }

    @Test func `waits for the server's own token, which has to open the password`() async throws {
        let store = try await scene.start()
        let id = try await scene.connected(store)
        let key = try await store.newKey(in: id)
        scene.rig.backend.fail(.decrypt, with: KMSError(.keyUnavailable, "down"))
        let next = try await scene.start()
        try await next.wait { scene.rig.events.all.contains("failed payroll INTERNAL_ERROR") }
        #expect(try next.keyStore(id).connection == .connected)
        await expect(.keyUnavailable) { _ = try await next.encrypt("x", with: key.id) }
        #expect(try await next.state(key) == .enabled, "it is awaited, not given up")
        try await next.wait {
            try await next.mendConnections()
            return (try? await next.encrypt("x", with: key.id)) != nil
        }
    }
}
