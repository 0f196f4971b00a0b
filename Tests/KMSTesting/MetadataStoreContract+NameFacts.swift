internal import KMSCore

extension MetadataStoreContract {
    /// Of what stands beside the keys: aliases, access keys, the server's own keys.
    static let nameFacts = [
        Fact("an alias can be moved to another key") { contract in
            let store = try await contract.makeStore()
            let first = Key.sample()
            let second = Key.sample()
            var alias = Alias.sample(of: first)
            try await store.commit([.saveKey(first), .saveKey(second), .saveAlias(alias)])
            alias.target = second.address.id
            alias.lastUpdatedDate.milliseconds += 1
            try await store.commit([.saveAlias(alias)])
            try await contract.expect(MetadataImage(keys: [first, second], aliases: [alias]), in: store)
            try await store.commit([.removeKey(first.address)])
            try await contract.expect(MetadataImage(keys: [second], aliases: [alias]), in: store)
        },
        Fact("an alias is removed from its own Region only") { contract in
            let store = try await contract.makeStore()
            let here = Key.sample()
            let there = Key.sample(in: .otherRegion)
            let aliases = [Alias.sample(of: here), Alias.sample(of: there)]
            try await store.commit([.saveKey(here), .saveKey(there)] + aliases.map { .saveAlias($0) })
            try await store.commit([.removeAlias(.sample, name: aliases[0].name)])
            try await contract.expect(MetadataImage(keys: [here, there], aliases: [aliases[1]]), in: store)
        },
        Fact("an alias for a key that is not there is refused") { contract in
            let store = try await contract.makeStore()
            let key = Key.sample(in: .otherRegion)
            try await store.commit([.saveKey(key)])
            let alias = Alias(
                scope: .sample, name: "alias/payroll", target: key.address.id, creationDate: key.creationDate,
                lastUpdatedDate: key.creationDate
            )
            try await contract.expectRefusal([.saveAlias(alias)], by: store)
        },
        Fact("an access key is saved, replaced and removed") { contract in
            let store = try await contract.makeStore()
            var key = AccessKey.sample()
            let other = AccessKey.sample("AKIAI44QH8DHBEXAMPLE")
            try await store.commit([.saveAccessKey(key), .saveAccessKey(other)])
            try await contract.expect(MetadataImage(accessKeys: [key, other]), in: store)
            key = AccessKey.sample()
            key.isActive = false
            key.principal = Principal(account: key.principal.account, arn: "arn:aws:iam::111122223333:user/b\u{f6}b")
            try await store.commit([.saveAccessKey(key), .removeAccessKey(id: other.id)])
            try await contract.expect(MetadataImage(accessKeys: [key]), in: store)
        },
        Fact("a system key is saved and replaced, and has its object to itself") { contract in
            let store = try await contract.makeStore()
            let first = MaterialReference(object: .random(), checkValue: [])
            let second = MaterialReference(object: .random(), checkValue: [7])
            let audit = SystemKeyPurpose(rawValue: "audit")
            try await store.commit([.saveSystemKey(.credentials, first), .saveSystemKey(audit, second)])
            try await contract.expect(
                MetadataImage(systemKeys: [.credentials: first, audit: second]), in: store
            )
            try await contract.expectRefusal([.saveSystemKey(.credentials, second)], by: store)
            let third = MaterialReference(object: .random(), checkValue: [8])
            try await store.commit([.saveSystemKey(.credentials, third)])
            try await contract.expect(
                MetadataImage(systemKeys: [.credentials: third, audit: second]), in: store
            )
        },
    ]
}
