internal import KMSCore

extension MetadataStoreContract {
    /// Of grants, and of whom a key policy means.
    static let grantFacts = [
        Fact("a grant comes back as it was saved, with each constraint and with none") { contract in
            let store = try await contract.makeStore()
            let key = Key.sample()
            var image = MetadataImage(keys: [key])
            image.grants = [
                .sample(on: key), .sample(on: key, constraint: nil),
                .sample(on: key, constraint: .encryptionContextEquals(["a\u{0}": "b\u{0}'", "": ""])),
                .sample(on: key, constraint: .encryptionContextEquals([:])),
                .sample(on: key, constraint: .encryptionContextSubset([:])),
                Grant(
                    id: .grantID(), key: key.address, name: "", creationDate: Timestamp(milliseconds: -1),
                    granteePrincipal: "rds.amazonaws.com", isForService: true,
                    issuingAccount: "arn:aws:iam::999988887777:root", operations: []
                ),
            ]
            try await store.commit([.saveKey(key)] + image.grants.map { .saveGrant($0) })
            try await contract.expect(image, in: store)
        },
        Fact("a grant that is saved again is replaced, its operations and constraint too") { contract in
            let store = try await contract.makeStore()
            let key = Key.sample()
            let id = String.grantID()
            try await store.commit([.saveKey(key), .saveGrant(.sample(id, on: key))])
            var image = MetadataImage(keys: [key])
            image.grants = [
                Grant(
                    id: id, key: key.address, name: "narrower", creationDate: key.creationDate,
                    granteePrincipal: "arn:aws:iam::111122223333:user/b\u{f6}b",
                    issuingAccount: "arn:aws:iam::111122223333:root", operations: ["DescribeKey"],
                    constraint: .encryptionContextEquals(["department": "sales"])
                )
            ]
            try await store.commit([.saveGrant(image.grants[0])])
            try await contract.expect(image, in: store)
        },
        Fact("a grant is removed from its own key only") { contract in
            let store = try await contract.makeStore()
            let keys = [Key.sample(), Key.sample(), Key.sample(in: .otherRegion)]
            let id = String.grantID()
            var image = MetadataImage(keys: keys)
            image.grants = keys.map { .sample(id, on: $0) } + [.sample(on: keys[0])]
            try await store.commit(keys.map { .saveKey($0) } + image.grants.map { .saveGrant($0) })
            try await contract.expect(image, in: store)
            try await store.commit([.removeGrant(id: id, of: keys[0].address)])
            image.grants.removeFirst()
            try await contract.expect(image, in: store)
        },
        Fact("a grant on a key that is not there is refused, and one with an id that is not one") { contract in
            let store = try await contract.makeStore()
            let key = Key.sample()
            try await store.commit([.saveKey(key)])
            try await contract.expectRefusal([.saveGrant(.sample(on: .sample()))], by: store)
            try await contract.expectRefusal([.saveGrant(.sample("", on: key))], by: store)
            try await contract.expectRefusal([.saveGrant(.sample(.grantID() + "0", on: key))], by: store)
        },
        Fact("a key that is removed takes its grants along, and no other's") { contract in
            let store = try await contract.makeStore()
            let gone = Key.sample()
            let kept = Key.sample()
            var image = MetadataImage(keys: [kept])
            image.grants = [.sample(on: kept)]
            try await store.commit([
                .saveKey(gone), .saveKey(kept), .saveGrant(.sample(on: gone)), .saveGrant(.sample(on: gone)),
                .saveGrant(image.grants[0]),
            ])
            try await store.commit([.removeKey(gone.address)])
            try await contract.expect(image, in: store)
            // And they do not come back with their key.
            try await store.commit([.saveKey(gone)])
            image.keys.append(gone)
            try await contract.expect(image, in: store)
        },
        Fact("a key that is saved again keeps its grants") { contract in
            let store = try await contract.makeStore()
            var key = Key.sample()
            let grant = Grant.sample(on: key)
            try await store.commit([.saveKey(key), .saveGrant(grant)])
            key.lifecycle = .disabled
            key.tags = [:]
            key.materials.append(.sample(2))
            try await store.commit([.saveKey(key)])
            var image = MetadataImage(keys: [key])
            image.grants = [grant]
            try await contract.expect(image, in: store)
        },
        Fact("whom a key policy means comes back, and is replaced with it") { contract in
            let store = try await contract.makeStore()
            var key = Key.sample()
            let other = Key.sample()
            key.policyPrincipals = [
                "arn:aws:iam::111122223333:user/alice": "AIDA2345672345672345A",
                "arn:aws:iam::111122223333:role/a\u{0}'": "AROA2345672345672345A", "": "",
            ]
            try await store.commit([.saveKey(key), .saveKey(other)])
            try await contract.expect(MetadataImage(keys: [key, other]), in: store)
            key.policyPrincipals = ["arn:aws:iam::111122223333:user/alice": "AIDA2345672345672345B"]
            try await store.commit([.saveKey(key)])
            try await contract.expect(MetadataImage(keys: [key, other]), in: store)
            key.policyPrincipals = [:]
            try await store.commit([.saveKey(key)])
            try await contract.expect(MetadataImage(keys: [key, other]), in: store)
        },
    ]
}
