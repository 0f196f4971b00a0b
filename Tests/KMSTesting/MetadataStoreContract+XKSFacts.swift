internal import KMSCore

extension MetadataStoreContract {
    /// Of the XKS proxy: stores, credentials, and the keys that they expose.
    static let xksFacts = [
        Fact("an XKS store is saved, replaced and removed, its credentials with it") { contract in
            let store = try await contract.makeStore()
            var first = XKSStore.sample()
            let second = XKSStore.sample("b", in: .otherRegion)
            let credentials = [
                XKSCredential.sample("AAAAAAAAAAAAAAAAAAA2", of: first.prefix),
                XKSCredential.sample("AAAAAAAAAAAAAAAAAAA3", of: first.prefix),
                XKSCredential.sample("AAAAAAAAAAAAAAAAAAA4", of: second.prefix),
            ]
            try await store.commit(
                [.saveXKSStore(first), .saveXKSStore(second)] + credentials.map { .saveXKSCredential($0) })
            first.isEnabled = false
            first.requestsPerSecond = 0
            first.policy = "{\"Version\":\"2012-10-17\"}\u{0}"
            try await store.commit([.saveXKSStore(first)])
            var image = MetadataImage()
            image.xksStores = [first, second]
            image.xksCredentials = credentials
            try await contract.expect(image, in: store)
            try await store.commit([.removeXKSCredential(id: credentials[0].id), .removeXKSCredential(id: "none")])
            image.xksCredentials.removeFirst()
            try await contract.expect(image, in: store)
            try await store.commit([.removeXKSStore(prefix: first.prefix), .removeXKSStore(prefix: "none")])
            image.xksStores = [second]
            image.xksCredentials = [credentials[2]]
            try await contract.expect(image, in: store)
        },
        Fact("a credential of an XKS store that is not there is refused") { contract in
            let store = try await contract.makeStore()
            try await contract.expectRefusal([.saveXKSCredential(.sample(of: "nobody"))], by: store)
        },
        Fact("an access key id of an XKS store has from 20 to 30 characters") { contract in
            let store = try await contract.makeStore()
            try await store.commit([.saveXKSStore(.sample("a"))])
            for id in [String(repeating: "A", count: 19), String(repeating: "A", count: 31)] {
                try await contract.expectRefusal([.saveXKSCredential(.sample(id, of: "a"))], by: store)
            }
        },
        Fact("a key's exposure is kept, changed, and goes with the key") { contract in
            let store = try await contract.makeStore()
            var key = Key.sample()
            key.exposure = KeyExposure(name: .init(prefix: "a", id: "one"))
            try await store.commit([.saveKey(key)])
            try await contract.expect(MetadataImage(keys: [key]), in: store)
            for uses: Set<KeyExposure.Use> in [[.encrypt], [.decrypt], []] {
                key.exposure?.uses = uses
                try await store.commit([.saveKey(key)])
                try await contract.expect(MetadataImage(keys: [key]), in: store)
            }
            try await store.commit([.removeKey(key.address)])
            try await contract.expect(MetadataImage(), in: store)
        },
        Fact("two keys cannot be exposed under one id of a store, and can in two stores") { contract in
            let store = try await contract.makeStore()
            var first = Key.sample()
            var second = Key.sample()
            first.exposure = KeyExposure(name: .init(prefix: "a", id: "one"))
            second.exposure = first.exposure
            try await store.commit([.saveKey(first)])
            try await contract.expectRefusal([.saveKey(second)], by: store)
            second.exposure = KeyExposure(name: .init(prefix: "b", id: "one"))
            try await store.commit([.saveKey(second)])
            try await contract.expect(MetadataImage(keys: [first, second]), in: store)
        },
    ]
}
