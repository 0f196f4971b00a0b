import KMSTesting
import SecureMemory
import Synchronization
import Testing

@testable import KMSCore

@Suite struct `Custom key stores` {
    let scene = CustomKeyStoreScene()

    @Test func `are shown as they were made, without their password`() async throws {
        let store = try await scene.start()
        let id = try await store.newKeyStore()
        #expect(id.wholeMatch(of: /cks-[0-9a-f]{17}/) != nil)
        let shown = try store.keyStore(id)
        #expect(shown.name == "payroll" && shown.connection == .disconnected)
        #expect(shown.creationDate == scene.rig.clock.now)
        guard case .cloudHSM(let backing) = shown.backing else { return }
        #expect(backing.clusterID == FakeKeyStores.first)
        #expect(backing.trustAnchor == .sampleCertificate)
        #expect(!"\(try await scene.rig.metadata.load())".contains("1234567"))
        #expect(backing.sealedPassword.bytes.count == 7 + 28)
        let image = try await scene.rig.metadata.load()
        #expect(image.customKeyStores == [shown])
        #expect(image.systemKeys[.keyStorePasswords] != nil)
    }

    @Test func `are found by id and by name, in their own account and Region alone`() async throws {
        scene.keyStores.edit(FakeKeyStores.second) { $0.account = CallContext.mallory.principal.account }
        let store = try await scene.start()
        let id = try await store.newKeyStore()
        let page = PageRequest()
        #expect(
            try store.describeCustomKeyStores(id: nil, name: "payroll", page, by: .alice).items.map(\.id.description)
                == [id])
        await expect(.customKeyStoreNotFound) {
            _ = try store.describeCustomKeyStores(id: nil, name: "other", page, by: .alice)
        }
        await expect(.validation) { _ = try store.describeCustomKeyStores(id: id, name: "payroll", page, by: .alice) }
        for stranger in [CallContext.mallory, .aliceElsewhere] {
            #expect(try store.describeCustomKeyStores(id: nil, name: nil, page, by: stranger).items.isEmpty)
            await expect(.customKeyStoreNotFound) { try await store.connectCustomKeyStore(id, by: stranger) }
            await expect(.customKeyStoreNotFound) { try await store.deleteCustomKeyStore(id, by: stranger) }
        }
        await expect(.cloudHSMClusterNotFound) {
            _ = try await store.newKeyStore(cluster: FakeKeyStores.second)
        }
    }

    @Test func `are listed in pages`() async throws {
        scene.keyStores.state.withLock { state in
            for letter in "cdefghij" {
                state.clusters["cluster-" + String(repeating: letter, count: 11)] = .init(pin: "1234567")
            }
        }
        let store = try await scene.start()
        var made: Set<String> = []
        for letter in "abcdefghij" {
            made.insert(
                try await store.newKeyStore(
                    name: "\(letter)", cluster: "cluster-" + String(repeating: letter, count: 11)))
        }
        scene.keyStores.state.withLock { $0.clusters["cluster-zzzzzzzzzzz"] = .init(pin: "1234567") }
        await expect(.limitExceeded) {
            _ = try await store.newKeyStore(name: "eleven", cluster: "cluster-zzzzzzzzzzz")
        }
        var found: [String] = []
        var page = PageRequest(limit: 4)
        repeat {
            let part = try store.describeCustomKeyStores(id: nil, name: nil, page, by: .alice)
            found += part.items.map(\.id.description)
            page.marker = part.nextMarker
        } while page.marker != nil
        #expect(found.count == 10 && Set(found) == made)
        await expect(.invalidMarker) {
            _ = try store.describeCustomKeyStores(
                id: nil, name: nil, PageRequest(marker: "ListKeys:a"), by: .alice)
        }
    }

    @Test func `have names and clusters of their own`() async throws {
        let store = try await scene.start()
        _ = try await store.newKeyStore()
        await expect(.customKeyStoreNameInUse) {
            _ = try await store.newKeyStore(cluster: FakeKeyStores.second, pin: "7654321")
        }
        await expect(.cloudHSMClusterInUse) { _ = try await store.newKeyStore(name: "other") }
        scene.keyStores.edit(FakeKeyStores.second) { $0.trustAnchor = .sampleCertificate }
        // The same certificate: the one is a copy of the other.
        await expect(.cloudHSMClusterInUse) {
            _ = try await store.newKeyStore(name: "other", cluster: FakeKeyStores.second)
        }
        await expect(.cloudHSMClusterNotFound) {
            _ = try await store.newKeyStore(name: "other", cluster: "cluster-zzzzzzzzzzz")
        }
    }

    @Test func `need the cluster's trust anchor, however its lines are broken`() async throws {
        let store = try await scene.start()
        await expect(.incorrectTrustAnchor) { _ = try await store.newKeyStore(trustAnchor: "no certificate") }
        scene.keyStores.edit { $0.trustAnchor = .otherCertificate }
        await expect(.incorrectTrustAnchor) { _ = try await store.newKeyStore() }
        scene.keyStores.edit {
            $0.trustAnchor = "-----BEGIN CERTIFICATE-----\r\nMAMC\r\nAQE=\r\n-----END CERTIFICATE-----"
        }
        _ = try await store.newKeyStore()
    }

    @Test(arguments: [KMSError.Code.cloudHSMClusterNotActive, .cloudHSMClusterInvalidConfiguration])
    func `are not made in a cluster that cannot be used`(code: KMSError.Code) async throws {
        let store = try await scene.start()
        scene.keyStores.state.withLock { $0.fault = KMSError(code, "no") }
        await expect(code) { _ = try await store.newKeyStore() }
        #expect(try await scene.rig.metadata.load().customKeyStores.isEmpty)
    }

    // MARK: Changing and deleting

    @Test func `may be renamed while connected; all else waits until they are disconnected`() async throws {
        let store = try await scene.start()
        let id = try await scene.connected(store)
        try await store.updateCustomKeyStore(id, CustomKeyStoreUpdate(name: "wages"), by: .alice)
        #expect(try store.keyStore(id).name == "wages")
        await expect(.customKeyStoreInvalidState) {
            try await store.updateCustomKeyStore(
                id, CustomKeyStoreUpdate(secret: SecretBytes(copying: Array("xxxxxxx".utf8))), by: .alice)
        }
        await expect(.customKeyStoreInvalidState) {
            try await store.updateCustomKeyStore(
                id, CustomKeyStoreUpdate(name: "a", clusterID: FakeKeyStores.second), by: .alice)
        }
        try await store.disconnectCustomKeyStore(id, by: .alice)
        try await store.wait(for: id, "DISCONNECTED")
        await expect(.cloudHSMClusterNotRelated) {
            try await store.updateCustomKeyStore(
                id, CustomKeyStoreUpdate(clusterID: FakeKeyStores.second), by: .alice)
        }
        scene.keyStores.edit(FakeKeyStores.second) { $0.trustAnchor = .sampleCertificate }
        try await store.updateCustomKeyStore(
            id, CustomKeyStoreUpdate(clusterID: FakeKeyStores.second), by: .alice)
        guard case .cloudHSM(let backing) = try store.keyStore(id).backing else { return }
        #expect(backing.clusterID == FakeKeyStores.second)
        #expect(try await scene.rig.metadata.load().customKeyStores == [try store.keyStore(id)])
    }

    @Test func `are deleted when they are disconnected and have no keys`() async throws {
        let store = try await scene.start()
        let id = try await scene.connected(store)
        let key = try await store.newKey(in: id)
        await expect(.customKeyStoreInvalidState) { try await store.deleteCustomKeyStore(id, by: .alice) }
        try await store.disconnectCustomKeyStore(id, by: .alice)
        try await store.wait(for: id, "DISCONNECTED")
        await expect(.customKeyStoreHasKeys) { try await store.deleteCustomKeyStore(id, by: .alice) }
        _ = try await store.scheduleKeyDeletion(key.id, pendingWindowInDays: 7, by: .alice)
        await expect(.customKeyStoreHasKeys) { try await store.deleteCustomKeyStore(id, by: .alice) }
        scene.rig.clock.advance(byDays: 7)
        _ = scene.rig.events.take()
        try await store.performDueWork()
        #expect(scene.rig.events.take() == ["destroyed \(key.id)", "left behind \(key.id) 1"])
        #expect(scene.keyStores.backend().objects == [key.object], "nobody reached the customer's token")
        try await store.deleteCustomKeyStore(id, by: .alice)
        #expect(try await scene.rig.metadata.load().customKeyStores.isEmpty)
        await expect(.customKeyStoreNotFound) { try await store.deleteCustomKeyStore(id, by: .alice) }
        _ = try await store.newKeyStore()
    }

    @Test func `are nobody's who has no permission, whether they are there or not`() async throws {
        let store = try await scene.start()
        let id = try await store.newKeyStore()
        let bob = CallContext(
            caller: .user(
                Principal(account: Scope.sample.account, arn: "arn:aws:iam::111122223333:user/bob"),
                allowedBy:
                    #"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"kms:List*","Resource":"*"}}"#),
            region: Scope.sample.region)
        for name in [id, "cks-00000000000000000"] {
            await expect(.accessDenied) { try await store.connectCustomKeyStore(name, by: bob) }
            await expect(.accessDenied) { try await store.disconnectCustomKeyStore(name, by: bob) }
            await expect(.accessDenied) { try await store.deleteCustomKeyStore(name, by: bob) }
            await expect(.accessDenied) {
                try await store.updateCustomKeyStore(name, CustomKeyStoreUpdate(name: "x"), by: bob)
            }
            await expect(.accessDenied) {
                _ = try store.describeCustomKeyStores(id: name, name: nil, PageRequest(), by: bob)
            }
        }
        await expect(.accessDenied) { _ = try await store.newKeyStore(name: "other", by: bob) }
        #expect(scene.keyStores.state.withLock { $0.examined }.count == 1, "nothing was tried for him")
    }
}
