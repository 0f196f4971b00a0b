package import KMSCore

extension MetadataStoreContract {
    /// Of custom key stores, and of the keys in them.
    static let customKeyStoreFacts = [
        Fact("a key store comes back as it was saved, with each state of its connection") { contract in
            let store = try await contract.makeStore()
            var saved = CustomKeyStore.sample()
            let states: [ConnectionState] = [
                .disconnected, .connecting, .connected, .disconnecting, .failed(.invalidCredentials),
                .failed(.userLockedOut), .connected,
            ]
            for state in states {
                saved.connection = state
                try await store.commit([.saveCustomKeyStore(saved)])
                try await contract.expect(MetadataImage(customKeyStores: [saved]), in: store)
            }
        },
        Fact("a key store's name, cluster and password can be changed") { contract in
            let store = try await contract.makeStore()
            var saved = CustomKeyStore.sample(name: "before")
            try await store.commit([.saveCustomKeyStore(saved)])
            saved.name = "after\u{0} \u{e9}"
            saved.backing = .cloudHSM(.sample("cluster-zzzzzzzzzzz"))
            try await store.commit([.saveCustomKeyStore(saved)])
            try await contract.expect(MetadataImage(customKeyStores: [saved]), in: store)
        },
        Fact("names are unique in an account and Region, and free elsewhere") { contract in
            let store = try await contract.makeStore()
            let first = CustomKeyStore.sample(name: "one")
            let elsewhere = CustomKeyStore.sample(name: "one", in: .otherRegion, cluster: "cluster-bbbbbbbbbbb")
            try await store.commit([.saveCustomKeyStore(first), .saveCustomKeyStore(elsewhere)])
            try await contract.expectRefusal(
                [.saveCustomKeyStore(.sample(name: "one", cluster: "cluster-ccccccccccc"))], by: store)
        },
        Fact("no two key stores have one cluster") { contract in
            let store = try await contract.makeStore()
            try await store.commit([.saveCustomKeyStore(.sample(name: "one"))])
            try await contract.expectRefusal([.saveCustomKeyStore(.sample(name: "two", in: .otherRegion))], by: store)
        },
        Fact("a key is in the key store that it was saved in") { contract in
            let store = try await contract.makeStore()
            let keyStore = CustomKeyStore.sample()
            var key = Key.sample()
            key.customKeyStore = keyStore.id
            let own = Key.sample()
            try await store.commit([.saveCustomKeyStore(keyStore), .saveKey(key), .saveKey(own)])
            try await contract.expect(MetadataImage(keys: [key, own], customKeyStores: [keyStore]), in: store)
            key.lifecycle = .disabled
            try await store.commit([.saveKey(key)])
            try await contract.expect(MetadataImage(keys: [key, own], customKeyStores: [keyStore]), in: store)
        },
        Fact("an external key store's proxy comes back as it was saved, and can be changed") { contract in
            let store = try await contract.makeStore()
            var saved = CustomKeyStore.sample(backing: .xksProxy(.sample()))
            try await store.commit([.saveCustomKeyStore(saved)])
            try await contract.expect(MetadataImage(customKeyStores: [saved]), in: store)
            saved.backing = .xksProxy(.sample(path: "/elsewhere/kms/xks/v1"))
            saved.connection = .failed(.xksProxyNotReachable)
            try await store.commit([.saveCustomKeyStore(saved)])
            try await contract.expect(MetadataImage(customKeyStores: [saved]), in: store)
            try await store.commit([.removeCustomKeyStore(saved.id)])
            try await contract.expect(MetadataImage(), in: store)
        },
        Fact("no two keys of a key store stand on one external key") { contract in
            let store = try await contract.makeStore()
            let keyStore = CustomKeyStore.sample(backing: .xksProxy(.sample()))
            var (key, other) = (Key.sample(), Key.sample())
            (key.customKeyStore, other.customKeyStore) = (keyStore.id, keyStore.id)
            (key.xksKeyID, other.xksKeyID) = ("one", "two")
            try await store.commit([.saveCustomKeyStore(keyStore), .saveKey(key), .saveKey(other)])
            try await contract.expect(MetadataImage(keys: [key, other], customKeyStores: [keyStore]), in: store)
            other.xksKeyID = "one"
            try await contract.expectRefusal([.saveKey(other)], by: store)
            try await store.commit([.removeKey(key.address), .saveKey(other)])
            key = Key.sample()
            key.xksKeyID = "three"
            try await contract.expectRefusal([.saveKey(key)], by: store)
        },
        Fact("a key of a key store that is not there is refused") { contract in
            var key = Key.sample()
            key.customKeyStore = .random()
            try await contract.expectRefusal([.saveKey(key)], by: contract.makeStore())
        },
        Fact("a key store that has keys is not removed, and one without is") { contract in
            let store = try await contract.makeStore()
            let keyStore = CustomKeyStore.sample()
            var key = Key.sample()
            key.customKeyStore = keyStore.id
            try await store.commit([.saveCustomKeyStore(keyStore), .saveKey(key)])
            try await contract.expectRefusal([.removeCustomKeyStore(keyStore.id)], by: store)
            try await store.commit([.removeKey(key.address), .removeCustomKeyStore(keyStore.id)])
            try await contract.expect(MetadataImage(), in: store)
            try await store.commit([.removeCustomKeyStore(keyStore.id)])
            try await store.commit([.saveCustomKeyStore(keyStore)])
            try await contract.expect(MetadataImage(customKeyStores: [keyStore]), in: store)
        },
    ]
}

extension MetadataImage {
    init(keys: [Key] = [], customKeyStores: [CustomKeyStore]) {
        self.init(keys: keys)
        self.customKeyStores = customKeyStores
    }
}

extension CustomKeyStore {
    package static func sample(
        name: String = "payroll", in scope: Scope = .sample, cluster: String = "cluster-2a34b5cdefg",
        backing: CustomKeyStore.Backing? = nil
    ) -> CustomKeyStore {
        CustomKeyStore(
            id: .random(), scope: scope, name: name, creationDate: Timestamp(milliseconds: 1_767_225_600_006),
            backing: backing ?? .cloudHSM(.sample(cluster)))
    }
}

extension XKSProxyBacking {
    package static func sample(path: String = "/payroll/kms/xks/v1") -> XKSProxyBacking {
        XKSProxyBacking(
            uriEndpoint: "https://xks.example.com", uriPath: path, accessKeyID: "ABCDEFGHIJKLMNOPQRST",
            sealedSecret: SealedBytes((0..<71).map { _ in .random(in: 0...255) })!)
    }
}

extension CloudHSMBacking {
    package static func sample(_ cluster: String = "cluster-2a34b5cdefg") -> CloudHSMBacking {
        CloudHSMBacking(
            clusterID: cluster, trustAnchor: .sampleCertificate,
            sealedPassword: SealedBytes((0..<44).map { _ in .random(in: 0...255) })!)
    }
}

extension String {
    /// Looks like a certificate, and says nothing.
    package static let sampleCertificate = "-----BEGIN CERTIFICATE-----\nMAMCAQE=\n-----END CERTIFICATE-----\n"
    package static let otherCertificate = "-----BEGIN CERTIFICATE-----\nMAMCAQI=\n-----END CERTIFICATE-----\n"
}
