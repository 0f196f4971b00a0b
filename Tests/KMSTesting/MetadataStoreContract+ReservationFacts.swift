internal import KMSCore

extension MetadataStoreContract {
    static let reservationFacts = [
        Fact("a reservation only goes up") { contract in
            let store = try await contract.makeStore()
            var key = Key.sample(reserved: 10)
            try await store.commit([.saveKey(key)])
            try await store.commit([.reserveEncryptions(key.address, material: 1, total: 1 << 32)])
            try await store.commit([.reserveEncryptions(key.address, material: 1, total: 500)])
            key.materials[0].reservedEncryptions = 1 << 32
            try await contract.expect(MetadataImage(keys: [key]), in: store)
        },
        Fact("saving a key from an older image does not give back what was reserved since") { contract in
            let store = try await contract.makeStore()
            var key = Key.sample(reserved: 10)
            try await store.commit([.saveKey(key)])
            try await store.commit([.reserveEncryptions(key.address, material: 1, total: 2000)])
            key.description = "renamed"
            try await store.commit([.saveKey(key)])
            key.materials[0].reservedEncryptions = 2000
            try await contract.expect(MetadataImage(keys: [key]), in: store)
            key.materials[0].reservedEncryptions = 3000
            try await store.commit([.saveKey(key)])
            try await contract.expect(MetadataImage(keys: [key]), in: store)
        },
        Fact("settling sets a reservation exactly, downwards too") { contract in
            let store = try await contract.makeStore()
            var key = Key.sample(reserved: 1 << 20)
            try await store.commit([.saveKey(key)])
            try await store.commit([.settleEncryptions(key.address, material: 1, total: 17)])
            key.materials[0].reservedEncryptions = 17
            try await contract.expect(MetadataImage(keys: [key]), in: store)
        },
        Fact("a reservation touches no other material and no other key") { contract in
            let store = try await contract.makeStore()
            var key = Key.sample()
            key.materials.append(.sample(2))
            let other = Key.sample()
            try await store.commit([.saveKey(key), .saveKey(other)])
            try await store.commit([.reserveEncryptions(key.address, material: 2, total: 5)])
            key.materials[1].reservedEncryptions = 5
            try await contract.expect(MetadataImage(keys: [key, other]), in: store)
        },
        Fact("a reservation for a key or material that is not there is refused") { contract in
            let store = try await contract.makeStore()
            let key = Key.sample()
            let stranger = Key.sample().address
            try await store.commit([.saveKey(key)])
            for change: MetadataChange in [
                .reserveEncryptions(stranger, material: 1, total: 1),
                .reserveEncryptions(key.address, material: 2, total: 1),
                .settleEncryptions(stranger, material: 1, total: 1),
                .settleEncryptions(key.address, material: 2, total: 1),
            ] {
                try await contract.expectRefusal([change], by: store)
            }
        },
    ]
}
