internal import KMSCore

extension MetadataStoreContract {
    /// Of wrapping keys, and of when keys were last used.
    static let useFacts = [
        Fact("a wrapping key is saved, replaced when the token has made it, and removed") { contract in
            let store = try await contract.makeStore()
            let key = Key.sample()
            let object = ObjectID.random()
            let intent = WrappingKey.sample(
                for: key.address, MaterialReference(object: object, checkValue: []), publicKey: []
            )
            try await store.commit([.saveKey(key), .saveWrappingKey(intent)])
            try await contract.expect(MetadataImage(keys: [key], wrappingKeys: [intent]), in: store)
            let made = WrappingKey.sample(for: key.address, MaterialReference(object: object, checkValue: [2, 4]))
            try await store.commit([.saveWrappingKey(made)])
            try await contract.expect(MetadataImage(keys: [key], wrappingKeys: [made]), in: store)
            try await store.commit([.removeWrappingKey(object)])
            try await contract.expect(MetadataImage(keys: [key]), in: store)
        },
        Fact("a key may have several wrapping keys, and each is removed alone") { contract in
            let store = try await contract.makeStore()
            let key = Key.sample()
            let wrappingKeys = (0..<5).map { _ in WrappingKey.sample(for: key.address) }
            try await store.commit([.saveKey(key)] + wrappingKeys.map { .saveWrappingKey($0) })
            try await contract.expect(MetadataImage(keys: [key], wrappingKeys: wrappingKeys), in: store)
            try await store.commit([.removeWrappingKey(wrappingKeys[2].reference.object)])
            let rest = wrappingKeys.filter { $0 != wrappingKeys[2] }
            try await contract.expect(MetadataImage(keys: [key], wrappingKeys: rest), in: store)
        },
        Fact("a wrapping key outlives its key: it is remembered until it is destroyed") { contract in
            let store = try await contract.makeStore()
            let key = Key.sample()
            let wrappingKey = WrappingKey.sample(for: key.address)
            try await store.commit([.saveKey(key), .saveWrappingKey(wrappingKey)])
            try await store.commit([.removeKey(key.address)])
            try await contract.expect(MetadataImage(wrappingKeys: [wrappingKey]), in: store)
            let late = WrappingKey.sample(for: key.address)
            try await store.commit([.saveWrappingKey(late)])
            try await contract.expect(MetadataImage(wrappingKeys: [wrappingKey, late]), in: store)
        },
        Fact("a last use is set and replaced, also by an earlier one") { contract in
            let store = try await contract.makeStore()
            let keys = [Key.sample(), Key.sample(), Key.sample(in: .otherRegion)]
            try await store.commit(keys.map { .saveKey($0) })
            var usages = [
                keys[0].address: KeyLastUsage.sample("Encrypt"), keys[2].address: .sample("GenerateDataKey"),
            ]
            try await store.commit([.saveLastUsages(usages)])
            try await contract.expect(MetadataImage(keys: keys, lastUsages: usages), in: store)
            usages[keys[0].address] = KeyLastUsage(
                operation: "Decrypt", date: Timestamp(milliseconds: -1), requestID: "a\u{0}b"
            )
            usages[keys[1].address] = .sample("Sign")
            let changed = usages.filter { $0.key != keys[2].address }
            try await store.commit([.saveLastUsages(changed), .saveLastUsages([:])])
            try await contract.expect(MetadataImage(keys: keys, lastUsages: usages), in: store)
        },
        Fact("a last use of a key that is not there is passed over, and the others are set") { contract in
            let store = try await contract.makeStore()
            let key = Key.sample()
            // The same id, but in a Region where it is not.
            let stranger = KeyAddress(scope: .otherRegion, id: key.address.id)
            let usages = [
                key.address: KeyLastUsage.sample(), stranger: .sample(), Key.sample().address: .sample(),
            ]
            try await store.commit([.saveKey(key), .saveLastUsages(usages)])
            try await contract.expect(MetadataImage(keys: [key], lastUsages: [key.address: .sample()]), in: store)
        },
        Fact("a key that is saved again keeps its last use") { contract in
            let store = try await contract.makeStore()
            var key = Key.sample()
            try await store.commit([.saveKey(key), .saveLastUsages([key.address: .sample()])])
            key.lifecycle = .disabled
            key.materials.append(.sample(2))
            key.currentMaterial = 2
            try await store.commit([.saveKey(key)])
            try await contract.expect(MetadataImage(keys: [key], lastUsages: [key.address: .sample()]), in: store)
        },
        Fact("a key that is removed takes its last use along, and no other's") { contract in
            let store = try await contract.makeStore()
            let gone = Key.sample()
            let kept = Key.sample()
            try await store.commit([
                .saveKey(gone), .saveKey(kept), .saveLastUsages([gone.address: .sample(), kept.address: .sample()]),
            ])
            try await store.commit([.removeKey(gone.address)])
            let rest = [kept.address: KeyLastUsage.sample()]
            try await contract.expect(MetadataImage(keys: [kept], lastUsages: rest), in: store)
            // And it does not come back with its key.
            try await store.commit([.saveKey(gone)])
            try await contract.expect(MetadataImage(keys: [gone, kept], lastUsages: rest), in: store)
        },
    ]
}
