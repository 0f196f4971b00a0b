import IAMCore
import KMSCore
import KMSPolicy
import KMSTesting
import Testing

@Suite struct `A managed policy` {
    let rig = Rig()

    @Test func `is made, found, listed and deleted`() async throws {
        let store = try await rig.startNew()
        var new = NewPolicy(name: "decrypt", document: .allow("kms:Decrypt"))
        new.path = "/keys/"
        new.description = "Decrypts."
        new.tags = [Tag(key: "a", value: "b")]
        let made = try await store.createPolicy(new, by: .root)
        #expect(made.arn == .policy("keys/decrypt"))
        #expect(made.uniqueID.wholeMatch(of: /ANPA[A-Z2-7]{17}/) != nil)
        #expect(made.defaultVersion == "v1" && made.attachmentCount == 0 && made.description == "Decrypts.")
        #expect(try store.getPolicy(made.arn, by: .root) == made)
        await expect(.alreadyExists) {
            _ = try await store.createPolicy(NewPolicy(name: "DECRYPT", document: .everything), by: .root)
        }
        await expect(.notFound) { _ = try store.getPolicy(made.arn, by: .otherRoot) }
        try await store.deletePolicy(made.arn, by: .root)
        await expect(.notFound, "Policy \(made.arn) was not found.") { _ = try store.getPolicy(made.arn, by: .root) }
    }

    @Test func `counts for all whom it is attached to, by its default version`() async throws {
        let store = try await rig.startNew()
        let arn = try await store.createPolicy(NewPolicy(name: "p", document: .allow("kms:Decrypt")), by: .root).arn
        let keys = [try await store.newUser("alice"), try await store.newUser("bob")]
        for name in ["alice", "bob"] {
            try await store.attachPolicy(arn, to: .user(name), by: .root)
            try await store.attachPolicy(arn, to: .user(name), by: .root)
        }
        #expect(try store.getPolicy(arn, by: .root).attachmentCount == 2)
        for key in keys { #expect(try store.context(key).caller.may("kms:Decrypt")) }
        _ = try await store.createPolicyVersion(of: arn, .allow("kms:Encrypt"), setAsDefault: false, by: .root)
        for key in keys { #expect(try !store.context(key).caller.may("kms:Encrypt")) }
        try await store.setDefaultPolicyVersion("v2", of: arn, by: .root)
        for key in keys {
            #expect(try store.context(key).caller.may("kms:Encrypt") && !store.context(key).caller.may("kms:Decrypt"))
        }
        let entities = try store.listEntities(forPolicy: arn, nil, PageRequest(), by: .root).items
        #expect(Set(entities.map(\.name)) == ["alice", "bob"])
        await expect(.deleteConflict) { try await store.deletePolicy(arn, by: .root) }
        for name in ["alice", "bob"] { try await store.detachPolicy(arn, from: .user(name), by: .root) }
        for key in keys { #expect(try !store.context(key).caller.may("kms:Encrypt")) }
        await expect(.notFound) { try await store.detachPolicy(arn, from: .user("bob"), by: .root) }
        await expect(.deleteConflict) { try await store.deletePolicy(arn, by: .root) }
        try await store.deletePolicyVersion("v1", of: arn, by: .root)
        try await store.deletePolicy(arn, by: .root)
    }

    @Test func `has five versions at the most, of which the default one stays`() async throws {
        let store = try await rig.startNew()
        let arn = try await store.createPolicy(NewPolicy(name: "p", document: .everything), by: .root).arn
        for number in 2...5 {
            let version = try await store.createPolicyVersion(
                of: arn, .allow("kms:Encrypt"), setAsDefault: number == 5, by: .root)
            #expect(version.id == "v\(number)" && version.isDefault == (number == 5))
        }
        await expect(.limitExceeded) {
            _ = try await store.createPolicyVersion(of: arn, .everything, setAsDefault: true, by: .root)
        }
        let listed = try store.listPolicyVersions(of: arn, PageRequest(limit: 3), by: .root)
        #expect(listed.items.map(\.id) == ["v5", "v4", "v3"])
        let rest = try store.listPolicyVersions(of: arn, PageRequest(limit: 3, marker: listed.nextMarker), by: .root)
        #expect(rest.items.map(\.id) == ["v2", "v1"] && rest.nextMarker == nil)
        await expect(.deleteConflict) { try await store.deletePolicyVersion("v5", of: arn, by: .root) }
        await expect(.notFound) { try await store.deletePolicyVersion("v6", of: arn, by: .root) }
        await expect(.notFound) { try await store.setDefaultPolicyVersion("v6", of: arn, by: .root) }
        try await store.deletePolicyVersion("v2", of: arn, by: .root)
        #expect(
            try await store.createPolicyVersion(of: arn, .everything, setAsDefault: false, by: .root).id == "v6")
        #expect(try store.getPolicyVersion("v1", of: arn, by: .root).document == .everything)
        await expect(.notFound) { _ = try store.getPolicyVersion("v2", of: arn, by: .root) }
    }

    @Test func `of account aws is there for all and can be changed by nobody`() async throws {
        let store = try await rig.startNew()
        let policy = try store.getPolicy(.administratorAccess, by: .root)
        #expect(policy.name == "AdministratorAccess" && policy.defaultVersion == "v1")
        _ = try PolicyDocument(
            parsing: store.getPolicyVersion("v1", of: .administratorAccess, by: .root).document, as: .identity)
        await expect(.accessDenied) { try await store.deletePolicy(.administratorAccess, by: .root) }
        await expect(.accessDenied) {
            _ = try await store.createPolicyVersion(
                of: .administratorAccess, .everything, setAsDefault: true, by: .root)
        }
        await expect(.accessDenied) {
            try await store.tagPolicy(.administratorAccess, [Tag(key: "a", value: "")], by: .root)
        }
        let key = try await store.newUser("alice")
        for (name, may, mayNot) in [
            ("IAMFullAccess", "iam:CreateUser", "kms:CreateKey"),
            ("IAMReadOnlyAccess", "iam:GetUser", "iam:CreateUser"),
            ("AWSKeyManagementServicePowerUser", "kms:CreateKey", "kms:Decrypt"),
        ] {
            let arn = "arn:aws:iam::aws:policy/\(name)"
            try await store.attachPolicy(arn, to: .user("alice"), by: .root)
            let caller = try store.context(key).caller
            #expect(caller.may(may) && !caller.may(mayNot), "\(name)")
            try await store.detachPolicy(arn, from: .user("alice"), by: .root)
        }
    }

    @Test func `is listed by scope, path and use`() async throws {
        let store = try await rig.startNew()
        var new = NewPolicy(name: "p", document: .everything)
        new.path = "/keys/"
        let arn = try await store.createPolicy(new, by: .root).arn
        try await store.newUser("alice")
        try await store.attachPolicy(.administratorAccess, to: .user("alice"), by: .root)
        try await store.putPermissionsBoundary(arn, on: .user("alice"), by: .root)
        func names(_ edit: (inout PolicyFilter) -> Void) throws -> [String] {
            var filter = PolicyFilter()
            edit(&filter)
            return try store.listPolicies(filter, PageRequest(), by: .root).items.map(\.name)
        }
        #expect(try names { _ in }.count == 5)
        #expect(try names { $0.scope = .local } == ["p"])
        #expect(try names { $0.scope = .builtIn }.count == 4)
        #expect(try names { $0.pathPrefix = "/keys/" } == ["p"])
        #expect(try names { $0.onlyAttached = true } == ["AdministratorAccess"])
        #expect(try names { $0.usage = .permissionsBoundary } == ["p"])
        #expect(try names { $0.usage = .permissionsPolicy } == ["AdministratorAccess"])
        func entities(_ kind: Identity.Kind?, _ usage: PolicyUsage?) throws -> Int {
            try store.listEntities(forPolicy: arn, kind, usage: usage, PageRequest(), by: .root).items.count
        }
        #expect(try entities(nil, nil) == 1 && entities(.role, nil) == 0 && entities(nil, .permissionsPolicy) == 0)
    }

    @Test func `has 6,144 characters at the most, and there are as many as there may be`() async throws {
        var limits = IdentityLimits()
        limits.policies = 1
        limits.attachedPolicies = 1
        let store = try await rig.startNew(limits)
        await expect(.limitExceeded, "Cannot exceed quota for PolicySize: 6144") {
            _ = try await store.createPolicy(NewPolicy(name: "p", document: .filled(6145)), by: .root)
        }
        let arn = try await store.createPolicy(NewPolicy(name: "p", document: .filled(6144)), by: .root).arn
        await expect(.limitExceeded) {
            _ = try await store.createPolicy(NewPolicy(name: "q", document: .everything), by: .root)
        }
        try await store.newUser("alice")
        try await store.attachPolicy(arn, to: .user("alice"), by: .root)
        await expect(.limitExceeded, "Cannot exceed quota for PoliciesPerUser: 1") {
            try await store.attachPolicy(.administratorAccess, to: .user("alice"), by: .root)
        }
    }

    @Test(arguments: ["p", "arn:aws:iam::aws:policy/Nothing", "arn:aws:iam::444455556666:policy/theirs", .policy("x")])
    func `that is not the account's cannot be attached`(arn: String) async throws {
        let store = try await rig.startNew()
        try await store.newUser("alice")
        _ = try await store.createPolicy(NewPolicy(name: "theirs", document: .everything), by: .otherRoot)
        await expect(.notFound) { try await store.attachPolicy(arn, to: .user("alice"), by: .root) }
        await expect(.notFound) { try await store.putPermissionsBoundary(arn, on: .user("alice"), by: .root) }
    }

    @Test func `as a boundary is the most that an identity may do`() async throws {
        let store = try await rig.startNew()
        let key = try await store.newUser("alice", .allow("kms:*"))
        let arn = try await store.createPolicy(
            NewPolicy(name: "edge", document: .allow("kms:Decrypt", "iam:*")), by: .root
        ).arn
        try await store.putPermissionsBoundary(arn, on: .user("alice"), by: .root)
        let caller = try store.context(key).caller
        #expect(caller.may("kms:Decrypt") && !caller.may("kms:Encrypt") && !caller.may("iam:GetUser"))
        #expect(try store.getUser("alice", by: .root).permissionsBoundary == arn)
        await expect(.deleteConflict) { try await store.deletePolicy(arn, by: .root) }
        #expect(try await rig.start().caller(withAccessKey: key)?.identity.may("kms:Encrypt") == false)
        try await store.deletePermissionsBoundary(of: .user("alice"), by: .root)
        #expect(try store.context(key).caller.may("kms:Encrypt"))
        await expect(.notFound) { try await store.deletePermissionsBoundary(of: .user("alice"), by: .root) }
    }

    @Test func `has tags of its own`() async throws {
        let store = try await rig.startNew()
        let arn = try await store.createPolicy(NewPolicy(name: "p", document: .everything), by: .root).arn
        try await store.tagPolicy(arn, [Tag(key: "a", value: "b"), Tag(key: "c", value: "d")], by: .root)
        try await store.untagPolicy(arn, keys: ["A"], by: .root)
        #expect(try store.listPolicyTags(arn, PageRequest(), by: .root).items == [Tag(key: "c", value: "d")])
        #expect(try store.getPolicy(arn, by: .root).tags == [Tag(key: "c", value: "d")])
    }

    @Test func `that cannot be read any more denies everything`() async throws {
        let store = try await rig.startNew()
        let key = try await store.newUser("alice", .everything)
        _ = try await store.createPolicy(NewPolicy(name: "p", document: .everything), by: .root)
        try await store.attachPolicy(.policy("p"), to: .user("alice"), by: .root)
        var policy = try await rig.metadata.load().managedPolicies[0]
        policy.versions = [ManagedPolicy.Version(id: "v1", document: "no policy", creationDate: rig.clock.now)]
        try await rig.metadata.commit([.saveManagedPolicy(policy)])
        #expect(try store.context(key).caller.may("kms:Decrypt"))
        #expect(try await !rig.start().context(key).caller.may("kms:Decrypt"))
    }
}
