internal import KMSCore

extension MetadataStoreContract {
    /// Of a material's life, of rotation and of the manager.
    static let materialFacts = [
        Fact("every stage of material comes back") { contract in
            let store = try await contract.makeStore()
            var key = Key.sample()
            key.materials = [.sample(1), .sample(2), .sample(3), .sample(4)]
            key.materials[1].stage = .creating
            key.materials[2].stage = .destroying
            key.materials[3].stage = .absent
            try await store.commit([.saveKey(key)])
            try await contract.expect(MetadataImage(keys: [key]), in: store)
            for (index, stage) in [KeyMaterial.Stage.absent, .present, .creating, .destroying].enumerated() {
                key.materials[index].stage = stage
            }
            try await store.commit([.saveKey(key)])
            try await contract.expect(MetadataImage(keys: [key]), in: store)
        },
        Fact("a key that waits for its first import comes back") { contract in
            let store = try await contract.makeStore()
            var key = Key.sample()
            key.origin = .external
            key.lifecycle = .pendingImport
            key.materials[0].reference = MaterialReference(object: .random(), checkValue: [])
            key.materials[0].stage = .absent
            try await store.commit([.saveKey(key)])
            try await contract.expect(MetadataImage(keys: [key]), in: store)
        },
        Fact("a key pair's public key comes back to the byte") { contract in
            let store = try await contract.makeStore()
            var key = Key.sample()
            key.spec = .rsa4096
            key.usage = .signVerify
            key.materials[0].publicKey = (0..<550).map { UInt8(truncatingIfNeeded: $0) }
            try await store.commit([.saveKey(key)])
            try await contract.expect(MetadataImage(keys: [key]), in: store)
            key.materials[0].publicKey = []
            try await store.commit([.saveKey(key)])
            try await contract.expect(MetadataImage(keys: [key]), in: store)
        },
        Fact("what is kept of an import comes back, with and without an end") { contract in
            let store = try await contract.makeStore()
            var key = Key.sample()
            key.origin = .external
            key.materials = [.sample(1), .sample(2), .sample(3)]
            let validTo = Timestamp(milliseconds: 1_798_761_600_789)
            key.materials[0].imported = .init(validTo: validTo, description: "from a\u{0}\u{1F511}", place: .worker)
            key.materials[1].imported = .init(validTo: nil, description: "", place: .token)
            key.materials[1].isPendingRotation = true
            try await store.commit([.saveKey(key)])
            try await contract.expect(MetadataImage(keys: [key]), in: store)
            key.materials[0].imported?.validTo = nil
            key.materials[1].imported?.validTo = validTo
            key.materials[1].isPendingRotation = false
            key.materials[2].imported = key.materials[0].imported
            try await store.commit([.saveKey(key)])
            key.materials[0].imported = nil
            try await store.commit([.saveKey(key)])
            try await contract.expect(MetadataImage(keys: [key]), in: store)
        },
        Fact("how each material came to be current comes back") { contract in
            let store = try await contract.makeStore()
            var key = Key.sample()
            key.materials = [.sample(1), .sample(2), .sample(3)]
            key.materials[1].rotation = .init(date: Timestamp(milliseconds: 1_777_777_777_777), kind: .automatic)
            key.materials[2].rotation = .init(date: Timestamp(milliseconds: -1), kind: .onDemand)
            key.currentMaterial = 3
            try await store.commit([.saveKey(key)])
            try await contract.expect(MetadataImage(keys: [key]), in: store)
        },
        Fact("a rotation schedule comes back, and so does its end") { contract in
            let store = try await contract.makeStore()
            var key = Key.sample()
            key.rotation = KeyRotation(
                periodInDays: 365, nextDate: Timestamp(milliseconds: 1_798_761_600_001), onDemandCount: 3
            )
            try await store.commit([.saveKey(key)])
            try await contract.expect(MetadataImage(keys: [key]), in: store)
            key.rotation = KeyRotation(onDemandCount: 4)
            try await store.commit([.saveKey(key)])
            try await contract.expect(MetadataImage(keys: [key]), in: store)
        },
        Fact("a key of the server's own making comes back as one") { contract in
            let store = try await contract.makeStore()
            var key = Key.sample()
            key.manager = .aws
            try await store.commit([.saveKey(key), .saveAlias(.sample("alias/aws/s3", of: key))])
            try await contract.expect(
                MetadataImage(keys: [key], aliases: [.sample("alias/aws/s3", of: key)]), in: store
            )
        },
        Fact("a rotation keeps the old material, and what was reserved of it") { contract in
            let store = try await contract.makeStore()
            var key = Key.sample(reserved: 10)
            try await store.commit([.saveKey(key)])
            try await store.commit([.reserveEncryptions(key.address, material: 1, total: 2000)])
            key.materials.append(.sample(2))
            key.currentMaterial = 2
            try await store.commit([.saveKey(key)])
            try await store.commit([.reserveEncryptions(key.address, material: 2, total: 7)])
            key.materials[0].reservedEncryptions = 2000
            key.materials[1].reservedEncryptions = 7
            try await contract.expect(MetadataImage(keys: [key]), in: store)
        },
        Fact("a rotation that is not one, of less than a day or fewer times than never, is refused") { contract in
            let store = try await contract.makeStore()
            var key = Key.sample()
            key.rotation.periodInDays = 0
            try await contract.expectRefusal([.saveKey(key)], by: store)
            key.rotation = KeyRotation(onDemandCount: -1)
            try await contract.expectRefusal([.saveKey(key)], by: store)
        },
        Fact("keys with any fields come back, and replace each other") { contract in
            let store = try await contract.makeStore()
            var random = RandomKeys(seed: 2)
            let addresses = (0..<60).map { index in
                KeyAddress(scope: index.isMultiple(of: 3) ? .otherRegion : .sample, id: .random())
            }
            for _ in 1...4 {
                let keys = addresses.map { address in
                    let references = (0..<random.pick([0, 1, 2, 5])).map { _ in
                        MaterialReference(object: .random(), checkValue: random.pick([[], [1, 2, 3]]))
                    }
                    return random.key(address, references)
                }
                // Removed first, so that no reservation of before is kept.
                try await store.commit(addresses.map { .removeKey($0) } + keys.map { .saveKey($0) })
                try await contract.expect(MetadataImage(keys: keys), in: store)
            }
        },
    ]
}
