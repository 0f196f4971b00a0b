internal import KMSCore
internal import Testing

extension MetadataStoreContract {
    static let commitFacts = [
        Fact("a last change that fails undoes all before it") { contract in
            let store = try await contract.makeStore()
            let key = Key.sample(reserved: 1)
            let alias = Alias.sample(of: key)
            let accessKey = AccessKey.sample()
            let wrappingKey = WrappingKey.sample(for: key.address)
            try await store.commit([
                .saveKey(key), .saveAlias(alias), .saveAccessKey(accessKey), .saveWrappingKey(wrappingKey),
                .saveLastUsages([key.address: .sample("Encrypt")]),
            ])
            let grant = Grant.sample(on: key)
            let identity = Identity.sample()
            let policy = ManagedPolicy.sample()
            let device = MFADevice.sample()
            let session = Session.sample()
            let item = OutboxItem.sample()
            try await store.commit([
                .saveGrant(grant), .saveAccount(.sample()), .saveIdentity(identity), .saveManagedPolicy(policy),
                .saveMultiFactorDevice(device), .saveSession(session), .saveOutboxItem(item),
            ])
            var renamed = key
            renamed.description = "renamed"
            renamed.tags = [:]
            var rotated = key
            rotated.materials.append(.sample(2))
            rotated.materials[0].stage = .absent
            rotated.materials[1].imported = .init(validTo: nil, description: "new", place: .token)
            rotated.policyPrincipals = ["arn:aws:iam::111122223333:user/alice": "AIDAB"]
            rotated.rotation = KeyRotation(periodInDays: 90, nextDate: key.creationDate, onDemandCount: 1)
            var bare = identity
            bare.inlinePolicies = [:]
            bare.attachedPolicies = []
            bare.tags = [:]
            var trimmed = policy
            trimmed.versions = [.sample("v10")]
            trimmed.tags = [:]
            let fatal = MetadataChange.reserveEncryptions(Key.sample().address, material: 1, total: 1)
            for change: MetadataChange in [
                .saveKey(renamed), .saveKey(rotated), .saveKey(.sample()), .removeKey(key.address),
                .saveAlias(.sample("alias/other", of: key)), .removeAlias(alias.scope, name: alias.name),
                .reserveEncryptions(key.address, material: 1, total: 9),
                .settleEncryptions(key.address, material: 1, total: 0), .saveAccessKey(.sample("AKIAI44QH8DHBEXAMPLE")),
                .removeAccessKey(id: accessKey.id),
                .saveSystemKey(.credentials, MaterialReference(object: .random(), checkValue: [])),
                .saveWrappingKey(.sample(for: key.address)),
                .saveWrappingKey(.sample(for: key.address, wrappingKey.reference, publicKey: [])),
                .removeWrappingKey(wrappingKey.reference.object), .saveLastUsages([key.address: .sample("Decrypt")]),
                .saveGrant(.sample(on: key)), .saveGrant(.sample(grant.id, on: key, name: "", constraint: nil)),
                .removeGrant(id: grant.id, of: key.address), .saveAccount(.sample(AccountID("999988887777")!)),
                .saveIdentity(.sample("bob")), .saveIdentity(bare), .removeIdentity(identity.key),
                .saveManagedPolicy(.sample("other")), .saveManagedPolicy(trimmed),
                .removeManagedPolicy(arn: policy.arn), .saveMultiFactorDevice(.sample("other")),
                .removeMultiFactorDevice(serialNumber: device.serialNumber), .saveSession(.sample("ASIA0")),
                .saveSession(.sample(session.id)), .removeSessions(ids: [session.id]), .saveOutboxItem(.sample()),
                .removeOutboxItems(ids: [item.id]),
            ] {
                try await contract.expectRefusal([change, fatal], by: store)
            }
        },
        Fact("a store that refused a change takes the next") { contract in
            let store = try await contract.makeStore()
            try await contract.expectRefusal(
                [.settleEncryptions(Key.sample().address, material: 1, total: 1)], by: store
            )
            let key = Key.sample()
            try await store.commit([.saveKey(key)])
            try await contract.expect(MetadataImage(keys: [key]), in: store)
        },
        Fact("changes are made in the order given") { contract in
            let store = try await contract.makeStore()
            let key = Key.sample()
            try await store.commit([.saveKey(key), .saveAlias(.sample(of: key)), .removeKey(key.address)])
            try await contract.expect(MetadataImage(), in: store)
            try await store.commit([.removeKey(key.address), .saveKey(key)])
            try await contract.expect(MetadataImage(keys: [key]), in: store)
        },
        Fact("to remove what is not there is success: that is how a retry ends") { contract in
            let store = try await contract.makeStore()
            let key = Key.sample()
            try await store.commit([.saveKey(key)])
            try await store.commit([
                .removeKey(Key.sample().address), .removeAlias(.sample, name: "alias/none"),
                .removeAccessKey(id: "AKIAIOSFODNN7EXAMPLE"), .removeWrappingKey(.random()),
                .removeGrant(id: .grantID(), of: key.address), .removeGrant(id: "", of: Key.sample().address),
                .removeIdentity(Identity.sample().key), .removeManagedPolicy(arn: ManagedPolicy.sample().arn),
                .removeManagedPolicy(arn: ""), .removeMultiFactorDevice(serialNumber: MFADevice.sample().serialNumber),
                .removeSessions(ids: ["ASIA0", "\u{0}"]), .removeOutboxItems(ids: [.randomUUID(), ""]),
            ])
            try await contract.expect(MetadataImage(keys: [key]), in: store)
        },
        Fact("no changes are no error") { contract in
            let store = try await contract.makeStore()
            try await store.commit([])
            try await contract.expect(MetadataImage(), in: store)
        },
        Fact("commits made at once are all kept") { contract in
            let store = try await contract.makeStore()
            let keys = (0..<20).map { _ in Key.sample() }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for key in keys {
                    group.addTask {
                        try await store.commit([.saveKey(key)])
                        try await store.commit([.reserveEncryptions(key.address, material: 1, total: 3)])
                    }
                }
                try await group.waitForAll()
            }
            let reserved = keys.map { key in
                var key = key
                key.materials[0].reservedEncryptions = 3
                return key
            }
            try await contract.expect(MetadataImage(keys: reserved), in: store)
        },
        Fact("a commit is not cut short when its task is cancelled: the client that hung up has its key") { contract in
            let store = try await contract.makeStore()
            let key = Key.sample()
            let task = Task {
                unsafe withUnsafeCurrentTask { unsafe $0?.cancel() }
                try await store.commit([.saveKey(key)])
                return try await store.load()
            }
            #expect(try await task.value.keys == [key])
            try await contract.expect(MetadataImage(keys: [key]), in: store)
        },
        Fact("an error tells nothing of what is stored or was to be stored") { contract in
            let store = try await contract.makeStore()
            var key = Key.sample()
            key.description = "hush-description"
            key.policy = "hush-policy"
            key.tags = ["hush-name": "hush-value"]
            key.materials[0].imported = .init(validTo: nil, description: "hush-import", place: .token)
            try await store.commit([.saveKey(key)])
            var thief = Key.sample()
            thief.description = key.description
            thief.policy = key.policy
            thief.tags = key.tags
            thief.materials = key.materials
            let error = await #expect(throws: KMSError.self) { try await store.commit([.saveKey(thief)]) }
            let text = String(reflecting: error)
            #expect(!text.contains("hush"))
            #expect(!text.contains(key.materials[0].reference.object.description))
        },
    ]
}
