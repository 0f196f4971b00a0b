import KMSTesting
import SecureMemory
import Synchronization
import Testing

@testable import KMSCore

@Suite struct `An external key store` {
    let scene = CustomKeyStoreScene()
    private var proxy: FakeXKSProxy { scene.keyStores.proxy() }

    @Test func `is made when its proxy answers, connected, and ended`() async throws {
        let store = try await scene.start()
        let id = try await store.newExternalStore()
        #expect(proxy.state.withLock { $0.healthChecks }.count == 1)
        #expect(scene.keyStores.open == 0, "what was only tried is not held")
        let made = try store.keyStore(id)
        guard case .xksProxy(let backing) = made.backing else { return }
        #expect(backing.uriEndpoint == "https://xks.example.com" && backing.uriPath == "/kms/xks/v1")
        #expect(backing.accessKeyID == "ABCDEFGHIJKLMNOPQRST" && made.connection == .disconnected)
        #expect(!backing.sealedSecret.bytes.contains(Array("a secret".utf8)))
        try await store.connectCustomKeyStore(id, by: .alice)
        try await store.wait(for: id, "CONNECTED")
        #expect(scene.keyStores.state.withLock { $0.secrets }.allSatisfy { $0 == Array("a secret".utf8) })
        #expect(proxy.state.withLock { $0.healthChecks }.last == "ConnectCustomKeyStore")
        await expect(.customKeyStoreInvalidState) { try await store.deleteCustomKeyStore(id, by: .alice) }
        try await store.disconnectCustomKeyStore(id, by: .alice)
        try await store.wait(for: id, "DISCONNECTED")
        try await store.deleteCustomKeyStore(id, by: .alice)
        #expect(scene.keyStores.open == 0)
    }

    private static let refusals: [(XKSProxyFailure.Kind, KMSError.Code, ConnectionErrorCode)] = [
        (.authenticationFailed, .xksProxyIncorrectAuthenticationCredential, .invalidCredentials),
        (.invalidURIPath, .xksProxyInvalidConfiguration, .xksProxyInvalidConfiguration),
        (.invalidTLS, .xksProxyInvalidConfiguration, .xksProxyInvalidTLSConfiguration),
        (.invalidResponse, .xksProxyInvalidResponse, .xksProxyInvalidResponse),
        (.validation, .xksProxyInvalidResponse, .xksProxyInvalidResponse),
        (.internalFailure, .xksProxyInvalidResponse, .xksProxyNotReachable),
        (.timedOut, .xksProxyURIUnreachable, .xksProxyTimedOut),
        (.dependencyTimeout, .xksProxyURIUnreachable, .xksProxyTimedOut),
        (.throttling, .xksProxyURIUnreachable, .xksProxyNotReachable),
        (.unreachable, .xksProxyURIUnreachable, .xksProxyNotReachable),
        (.unhealthy, .xksProxyURIUnreachable, .xksProxyNotReachable),
        (.accessDenied, .xksProxyInvalidConfiguration, .xksProxyAccessDenied),
    ]

    @Test(arguments: refusals)
    func `is neither made, changed nor connected while its proxy does not answer well`(
        kind: XKSProxyFailure.Kind, code: KMSError.Code, connectionError: ConnectionErrorCode
    ) async throws {
        let store = try await scene.start()
        let id = try await store.newExternalStore()
        proxy.fail(kind)
        await expect(code) { _ = try await store.newExternalStore(name: "b", path: "/b/kms/xks/v1") }
        await expect(code) {
            try await store.updateCustomKeyStore(
                id, CustomKeyStoreUpdate(proxy: XKSProxyUpdate(uriPath: "/c/kms/xks/v1")), by: .alice)
        }
        #expect(try store.describeCustomKeyStores(id: nil, name: nil, PageRequest(), by: .alice).items.count == 1)
        try await store.connectCustomKeyStore(id, by: .alice)
        try await store.wait(for: id, "FAILED")
        #expect(try store.keyStore(id).connection == .failed(connectionError))
        #expect(scene.keyStores.open == 0)
        await expect(.customKeyStoreInvalidState) { try await store.connectCustomKeyStore(id, by: .alice) }
        proxy.fail(nil)
        try await store.disconnectCustomKeyStore(id, by: .alice)
        try await store.wait(for: id, "DISCONNECTED")
        try await store.connectCustomKeyStore(id, by: .alice)
        try await store.wait(for: id, "CONNECTED")
    }

    @Test func `is made at a proxy that the operator names, and at an address that no other has`() async throws {
        let store = try await scene.start()
        await expect(.xksProxyURIUnreachable) { _ = try await store.newExternalStore(host: "evil.example.com") }
        let id = try await store.newExternalStore()
        await expect(.xksProxyURIInUse) { _ = try await store.newExternalStore(name: "b") }
        await expect(.xksProxyURIInUse) { _ = try await store.newExternalStore(name: "b", host: "XKS.example.com") }
        _ = try await store.newExternalStore(name: "b", path: "/b/kms/xks/v1")
        await expect(.customKeyStoreNameInUse) {
            _ = try await store.newExternalStore(name: "b", path: "/c/kms/xks/v1")
        }
        await expect(.xksProxyURIInUse) {
            try await store.updateCustomKeyStore(
                id, CustomKeyStoreUpdate(proxy: XKSProxyUpdate(uriPath: "/b/kms/xks/v1")), by: .alice)
        }
        scene.keyStores.state.withLock { $0.proxies["xks.example.com"] = nil }
        try await store.connectCustomKeyStore(id, by: .alice)
        try await store.wait(for: id, "FAILED")
        #expect(try store.keyStore(id).connection == .failed(.xksProxyNotReachable))
    }

    @Test func `gets another credential and path while it is connected, and another proxy while it is not`()
        async throws
    {
        let store = try await scene.start()
        let id = try await store.externalStore()
        let key = try await store.newKey(on: "one", in: id)
        let ciphertext = try await store.encrypt("x", with: key.id)
        try await store.updateCustomKeyStore(
            id,
            CustomKeyStoreUpdate(
                proxy: XKSProxyUpdate(uriPath: "/b/kms/xks/v1", accessKeyID: "TSRQPONMLKJIHGFEDCBA"),
                secret: SecretBytes(copying: Array("another".utf8))), by: .alice)
        #expect(scene.keyStores.state.withLock { $0.secrets }.last == Array("another".utf8))
        #expect(scene.keyStores.open == 1, "the former connection is ended")
        #expect(try await store.decrypt(ciphertext) == "x")
        #expect(try store.keyStore(id).connection == .connected)
        let elsewhere = XKSProxyUpdate(uriEndpoint: "https://other.example.com")
        await expect(.customKeyStoreInvalidState) {
            try await store.updateCustomKeyStore(id, CustomKeyStoreUpdate(proxy: elsewhere), by: .alice)
        }
        try await store.disconnectCustomKeyStore(id, by: .alice)
        try await store.wait(for: id, "DISCONNECTED")
        try await store.updateCustomKeyStore(id, CustomKeyStoreUpdate(name: "new", proxy: elsewhere), by: .alice)
        let changed = try store.keyStore(id)
        guard case .xksProxy(let backing) = changed.backing else { return }
        #expect(changed.name == "new" && backing.uriEndpoint == "https://other.example.com")
        #expect(backing.uriPath == "/b/kms/xks/v1" && backing.accessKeyID == "TSRQPONMLKJIHGFEDCBA")
        await expect(.validation) {
            try await store.updateCustomKeyStore(
                id, CustomKeyStoreUpdate(clusterID: FakeKeyStores.first), by: .alice)
        }
        let cluster = try await store.newKeyStore()
        await expect(.validation) {
            try await store.updateCustomKeyStore(cluster, CustomKeyStoreUpdate(proxy: elsewhere), by: .alice)
        }
    }

    @Test func `that was connected is reached again after a start, and stays CONNECTED while its proxy is away`()
        async throws
    {
        let first = try await scene.start()
        let id = try await first.externalStore()
        let key = try await first.newKey(on: "one", in: id)
        let ciphertext = try await first.encrypt("x", with: key.id)
        try await first.stop()
        proxy.fail(.unreachable)
        let store = try await scene.start()
        try await store.wait { scene.rig.events.all.contains("failed abroad XKS_PROXY_NOT_REACHABLE") }
        #expect(try store.keyStore(id).connection == .connected)
        await expect(.invalidState) { _ = try await store.decrypt(ciphertext) }
        proxy.fail(nil)
        #expect(try await store.decrypt(ciphertext) == "x")
    }
}
