internal import KMSCore

extension MetadataStoreContract {
    /// Of accounts, identities and managed policies.
    static let identityFacts = [
        Fact("an account is saved and replaced") { contract in
            let store = try await contract.makeStore()
            var image = MetadataImage()
            image.accounts = [.sample(), .sample(.other)]
            try await store.commit(image.accounts.map { .saveAccount($0) })
            try await contract.expect(image, in: store)
            image.accounts[0].name = "a\u{0}b'"
            try await store.commit([.saveAccount(image.accounts[0])])
            try await contract.expect(image, in: store)
        },
        Fact("an identity of each kind comes back as it was saved") { contract in
            let store = try await contract.makeStore()
            var image = MetadataImage()
            image.identities = [
                .sample("alice", .user), .sample("alice", .role), .sample("ec2.amazonaws.com", .service),
                .sample("alice", .user, account: .other),
                Identity(
                    key: .init(account: Scope.sample.account, kind: .user, name: "bare"), uniqueID: "AIDAB",
                    creationDate: Timestamp(milliseconds: .min)
                ),
            ]
            try await store.commit(image.identities.map { .saveIdentity($0) })
            try await contract.expect(image, in: store)
        },
        Fact("an identity that is saved again is replaced, and what belongs to it too") { contract in
            let store = try await contract.makeStore()
            var image = MetadataImage()
            image.identities = [.sample("app", .role), .sample("other", .role)]
            try await store.commit(image.identities.map { .saveIdentity($0) })
            var role = image.identities[0]
            role.path = "/"
            role.description = ""
            role.trustPolicy = String(repeating: "{\u{0}'}", count: 10_000)
            role.maximumSessionDuration = 43_200
            role.inlinePolicies = ["two": "{}", "three": "a\u{0}"]
            role.attachedPolicies = role.attachedPolicies.reversed() + ["arn:aws:iam::111122223333:policy/0"]
            role.permissionsBoundary = nil
            role.tags = ["cost": "7"]
            image.identities[0] = role
            try await store.commit([.saveIdentity(role)])
            try await contract.expect(image, in: store)
            image.identities[0].inlinePolicies = [:]
            image.identities[0].attachedPolicies = []
            image.identities[0].tags = [:]
            try await store.commit([.saveIdentity(image.identities[0])])
            try await contract.expect(image, in: store)
        },
        Fact("policies come back in the order in which they were attached") { contract in
            let store = try await contract.makeStore()
            var image = MetadataImage()
            image.identities = [.sample()]
            image.identities[0].attachedPolicies = (0..<20).map { "arn:aws:iam::111122223333:policy/\($0)" }.shuffled()
            try await store.commit([.saveIdentity(image.identities[0])])
            try await contract.expect(image, in: store)
        },
        Fact("an identity is removed alone, with what belongs to it, and its name can be used again") { contract in
            let store = try await contract.makeStore()
            var image = MetadataImage()
            image.identities = [
                .sample("alice", .role), .sample("alice", .user, account: .other), .sample("bob"),
            ]
            let gone = Identity.sample("alice")
            try await store.commit((image.identities + [gone]).map { .saveIdentity($0) })
            try await store.commit([.removeIdentity(gone.key)])
            try await contract.expect(image, in: store)
            let again = Identity(
                key: .init(account: Scope.sample.account, kind: .user, name: "Alice"), uniqueID: .uniqueID("AIDA"),
                creationDate: gone.creationDate
            )
            try await store.commit([.saveIdentity(again)])
            image.identities.append(again)
            try await contract.expect(image, in: store)
        },
        Fact("an identity's access keys, devices and sessions stay when it goes: their removal is said") { contract in
            let store = try await contract.makeStore()
            var image = MetadataImage(accessKeys: [.sample()])
            image.multiFactorDevices = [.sample()]
            image.sessions = [.sample()]
            let identity = Identity.sample()
            try await store.commit([
                .saveIdentity(identity), .saveAccessKey(image.accessKeys[0]),
                .saveMultiFactorDevice(image.multiFactorDevices[0]), .saveSession(image.sessions[0]),
            ])
            try await store.commit([.removeIdentity(identity.key)])
            try await contract.expect(image, in: store)
        },
        Fact("two names of one kind in one account differ in more than case, and no two share a unique id") {
            contract in
            let store = try await contract.makeStore()
            let identity = Identity.sample("Alice")
            try await store.commit([.saveIdentity(identity)])
            try await contract.expectRefusal([.saveIdentity(.sample("aLICE"))], by: store)
            for other in [Identity.sample("bob"), .sample("bob", .role), .sample("Alice", account: .other)] {
                let thief = Identity(key: other.key, uniqueID: identity.uniqueID, creationDate: other.creationDate)
                try await contract.expectRefusal([.saveIdentity(thief)], by: store)
            }
            var endless = identity
            endless.maximumSessionDuration = 0
            try await contract.expectRefusal([.saveIdentity(endless)], by: store)
            // Names that are alike in other accounts and of other kinds are no hindrance, nor is an underscore a dot.
            let others = [
                Identity.sample("ALICE", .role), .sample("ALICE", account: .other), .sample("a_b"), .sample("a.b"),
            ]
            try await store.commit(others.map { .saveIdentity($0) })
            var image = MetadataImage()
            image.identities = [identity] + others
            try await contract.expect(image, in: store)
        },
        Fact("a managed policy comes back as it was saved, its versions in their order") { contract in
            let store = try await contract.makeStore()
            var image = MetadataImage()
            image.managedPolicies = [.sample(), .sample("bare", path: "/"), .sample(account: .other)]
            image.managedPolicies[1].tags = [:]
            image.managedPolicies[1].versions = [.init(id: "v1", document: "a\u{0}'", creationDate: .init(seconds: -1))]
            image.managedPolicies[1].defaultVersion = "v1"
            try await store.commit(image.managedPolicies.map { .saveManagedPolicy($0) })
            try await contract.expect(image, in: store)
        },
        Fact("a managed policy that is saved again is replaced, its versions and tags too") { contract in
            let store = try await contract.makeStore()
            var image = MetadataImage()
            image.managedPolicies = [.sample(), .sample("other")]
            try await store.commit(image.managedPolicies.map { .saveManagedPolicy($0) })
            image.managedPolicies[0].description = ""
            image.managedPolicies[0].versions.remove(at: 1)
            image.managedPolicies[0].versions.append(.sample("v11"))
            image.managedPolicies[0].defaultVersion = "v11"
            image.managedPolicies[0].updateDate.milliseconds += 1
            image.managedPolicies[0].tags = ["cost": "7"]
            try await store.commit([.saveManagedPolicy(image.managedPolicies[0])])
            try await contract.expect(image, in: store)
        },
        Fact("a managed policy is removed by its ARN, with what belongs to it, and no other") { contract in
            let store = try await contract.makeStore()
            var image = MetadataImage()
            image.managedPolicies = [.sample("payroll-2"), .sample(account: .other)]
            let gone = ManagedPolicy.sample()
            try await store.commit((image.managedPolicies + [gone]).map { .saveManagedPolicy($0) })
            try await store.commit([.removeManagedPolicy(arn: gone.arn)])
            try await contract.expect(image, in: store)
            // Its name is all that is in the way of another with the same versions.
            image.managedPolicies.append(.sample(path: "/"))
            try await store.commit([.saveManagedPolicy(image.managedPolicies[2])])
            try await store.commit([.removeManagedPolicy(arn: gone.arn)])
            try await contract.expect(image, in: store)
        },
        Fact("a managed policy that is not whole, or not the only one of its name, is refused") { contract in
            let store = try await contract.makeStore()
            var policy = ManagedPolicy.sample()
            try await store.commit([.saveManagedPolicy(policy)])
            try await contract.expectRefusal([.saveManagedPolicy(.sample("PayRoll"))], by: store)
            try await contract.expectRefusal([.saveManagedPolicy(.sample(path: "/"))], by: store)
            try await contract.expectRefusal(
                [.saveManagedPolicy(.sample("other", uniqueID: policy.uniqueID))], by: store
            )
            policy.defaultVersion = "v2"
            try await contract.expectRefusal([.saveManagedPolicy(policy)], by: store)
            policy.versions = []
            try await contract.expectRefusal([.saveManagedPolicy(policy)], by: store)
            policy.versions = [.sample("v2"), .sample("v2")]
            try await contract.expectRefusal([.saveManagedPolicy(policy)], by: store)
        },
    ]
}

extension AccountID {
    fileprivate static let other = AccountID("999988887777")!
}
