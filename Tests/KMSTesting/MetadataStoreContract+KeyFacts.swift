internal import KMSCore

extension MetadataStoreContract {
    static let keyFacts = [
        Fact("a new store is empty") { contract in
            try await contract.expect(MetadataImage(), in: contract.makeStore())
        },
        Fact("a key comes back as it was saved") { contract in
            let store = try await contract.makeStore()
            var key = Key.sample()
            key.lifecycle = .pendingDeletion
            key.deletionDate = Timestamp(milliseconds: -1)
            key.materials.append(.sample(.max, reserved: UInt64(Int64.max)))
            key.currentMaterial = .max
            try await store.commit([.saveKey(key)])
            try await contract.expect(MetadataImage(keys: [key]), in: store)
        },
        Fact("an intent comes back: a key whose material has no check value yet") { contract in
            let store = try await contract.makeStore()
            var key = Key.sample()
            key.lifecycle = .creating
            key.materials[0].reference = MaterialReference(object: .random(), checkValue: [])
            try await store.commit([.saveKey(key)])
            try await contract.expect(MetadataImage(keys: [key]), in: store)
        },
        Fact("a key may have no material to encrypt with: its current number is zero") { contract in
            let store = try await contract.makeStore()
            var key = Key.sample()
            key.materials = []
            key.currentMaterial = 0
            try await store.commit([.saveKey(key)])
            try await contract.expect(MetadataImage(keys: [key]), in: store)
        },
        Fact("text comes back to the byte, NUL and quotes included") { contract in
            let store = try await contract.makeStore()
            var key = Key.sample()
            key.description = "a\u{0}b'; DROP TABLE key; -- \" \\ e\u{301} \u{1F511}"
            key.policy = String(repeating: "{\u{0}}", count: 10_000)
            key.tags = ["": "", "a\u{0}b": "c\u{0}", "a": "\u{0}"]
            try await store.commit([.saveKey(key)])
            try await contract.expect(MetadataImage(keys: [key]), in: store)
        },
        Fact("a key that is saved again is replaced, its tags and materials too") { contract in
            let store = try await contract.makeStore()
            var key = Key.sample()
            key.materials.append(.sample(2))
            try await store.commit([.saveKey(key)])
            key.lifecycle = .disabled
            key.description = ""
            key.deletionDate = nil
            key.tags = ["team": "red", "cost": "7"]
            key.materials = [key.materials[1], .sample(3)]
            key.currentMaterial = 3
            try await store.commit([.saveKey(key)])
            try await contract.expect(MetadataImage(keys: [key]), in: store)
        },
        Fact("one id in two Regions is two keys") { contract in
            let store = try await contract.makeStore()
            let here = Key.sample()
            let sample = Key.sample(in: .otherRegion)
            let there = Key(
                address: KeyAddress(scope: .otherRegion, id: here.address.id), spec: sample.spec, usage: sample.usage,
                origin: sample.origin, lifecycle: .disabled, description: "replica", policy: "", tags: [:],
                creationDate: sample.creationDate, materials: sample.materials, currentMaterial: 1
            )
            let aliases = [Alias.sample(of: here), Alias.sample(of: there)]
            try await store.commit([.saveKey(here), .saveKey(there)] + aliases.map { .saveAlias($0) })
            try await contract.expect(MetadataImage(keys: [here, there], aliases: aliases), in: store)
            try await store.commit([.removeKey(here.address)])
            try await contract.expect(MetadataImage(keys: [there], aliases: [aliases[1]]), in: store)
        },
        Fact("a key that is removed takes its aliases along, and no others") { contract in
            let store = try await contract.makeStore()
            let gone = Key.sample()
            let kept = Key.sample()
            let alias = Alias.sample("alias/kept", of: kept)
            try await store.commit([
                .saveKey(gone), .saveKey(kept), .saveAlias(.sample("alias/a", of: gone)),
                .saveAlias(.sample("alias/b", of: gone)), .saveAlias(alias),
            ])
            try await store.commit([.removeKey(gone.address)])
            try await contract.expect(MetadataImage(keys: [kept], aliases: [alias]), in: store)
        },
        Fact("two keys cannot share an object in the token") { contract in
            let store = try await contract.makeStore()
            let key = Key.sample()
            var thief = Key.sample()
            thief.materials[0].reference = key.materials[0].reference
            try await store.commit([.saveKey(key)])
            try await contract.expectRefusal([.saveKey(thief)], by: store)
        },
        Fact("a key without its current material, or with a malformed one, is refused") { contract in
            let store = try await contract.makeStore()
            var key = Key.sample()
            key.currentMaterial = 2
            try await contract.expectRefusal([.saveKey(key)], by: store)
            // Each change by itself leaves a whole image: a later one does not make an earlier one good.
            try await contract.expectRefusal([.saveKey(key), .removeKey(key.address)], by: store)
            key.materials = [.sample(2), .sample(2)]
            try await contract.expectRefusal([.saveKey(key)], by: store)
            key.materials = [.sample(2), .sample(0)]
            try await contract.expectRefusal([.saveKey(key)], by: store)
            let whole = KeyMaterial.sample(2)
            key.materials = [
                KeyMaterial(
                    number: 2, id: Array(whole.id.dropLast()), reference: whole.reference,
                    creationDate: whole.creationDate, reservedEncryptions: 0
                )
            ]
            try await contract.expectRefusal([.saveKey(key)], by: store)
        },
    ]
}
