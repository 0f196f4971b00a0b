import KMSCore
import KMSTesting
import Testing

@Suite struct Aliases {
    let rig = Rig()

    private func alias(_ name: String, _ store: KeyStore) throws -> Alias? {
        try store.listAliases(of: nil, PageRequest(limit: 1000), by: .alice).items.first { $0.name == name }
    }

    @Test func `name a key, then another one, then none`() async throws {
        let store = try await rig.start()
        let (first, second) = (try await store.newKey(), try await store.newKey())
        try await store.createAlias("alias/payroll", target: first.id, by: .alice)
        let ciphertext = try await store.encrypt("secret", with: "alias/payroll")
        #expect(try CiphertextBlob(decoding: ciphertext).keyID == first.key.address.id)
        rig.clock.advance(bySeconds: 5)
        try await store.updateAlias("alias/payroll", target: second.arn, by: .alice)
        let moved = try #require(try alias("alias/payroll", store))
        #expect(moved.target == second.key.address.id)
        #expect(moved.lastUpdatedDate == rig.clock.now)
        #expect(moved.creationDate < moved.lastUpdatedDate, "it was made before it was moved")
        #expect(try await rig.start().describeKey("alias/payroll", by: .alice).key == second.key)
        #expect(try await store.decrypt(ciphertext) == "secret", "the key that encrypted still decrypts")
        try await store.deleteAlias("alias/payroll", by: .alice)
        await expect(.notFound) { _ = try await store.describeKey("alias/payroll", by: .alice) }
        #expect(try await rig.start().names().isEmpty)
    }

    @Test func `are listed by name, all of them or those of one key`() async throws {
        let store = try await rig.start()
        let (first, second) = (try await store.newKey(), try await store.newKey())
        for (index, name) in ["b", "d", "a", "c"].enumerated() {
            let target = index.isMultiple(of: 2) ? first : second
            try await store.createAlias("alias/\(name)", target: target.id, by: .alice)
        }
        #expect(try store.names() == ["alias/a", "alias/b", "alias/c", "alias/d"])
        let ofFirst = try store.listAliases(of: first.id, PageRequest(), by: .alice)
        #expect(ofFirst.items.map(\.name) == ["alias/a", "alias/b"])
        await expect(.notFound) {
            _ = try store.listAliases(of: "\(KeyID.random())", PageRequest(), by: .alice)
        }
    }

    @Test func `are names once in a Region, and again in another one and in another account`() async throws {
        let store = try await rig.start()
        let made = try await store.newKey()
        try await store.createAlias("alias/payroll", target: made.id, by: .alice)
        let arn = Scope.sample.aliasARN("alias/payroll")
        await expect(.alreadyExists, "An alias with the name \(arn) already exists") {
            try await store.createAlias("alias/payroll", target: made.id, by: .alice)
        }
        for context in [CallContext.aliceElsewhere, .mallory] {
            let other = try await store.newKey(by: context)
            try await store.createAlias("alias/payroll", target: other.id, by: context)
            #expect(try await store.describeKey("alias/payroll", by: context).key == other.key)
        }
        #expect(try await store.describeKey("alias/payroll", by: .alice).key == made.key)
    }

    @Test func `of one name that two callers create at once go to one of them`() async throws {
        let store = try await rig.start()
        let made = try await store.newKey()
        let outcomes = await withTaskGroup(of: KMSError.Code?.self) { group in
            for _ in 0..<20 {
                group.addTask {
                    do throws(KMSError) {
                        try await store.createAlias("alias/a", target: made.id, by: .alice)
                        return nil
                    } catch {
                        return error.code
                    }
                }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(outcomes.count { $0 == nil } == 1)
        #expect(outcomes.count { $0 == .alreadyExists } == 19)
    }

    @Test func `are 50 to a key at the most, however they come to it`() async throws {
        let store = try await rig.start()
        let (full, other) = (try await store.newKey(), try await store.newKey())
        for index in 0..<50 { try await store.createAlias("alias/\(index)", target: full.id, by: .alice) }
        await expect(.limitExceeded) { try await store.createAlias("alias/more", target: full.id, by: .alice) }
        try await store.createAlias("alias/more", target: other.id, by: .alice)
        await expect(.limitExceeded) { try await store.updateAlias("alias/more", target: full.id, by: .alice) }
        #expect(try alias("alias/more", store)?.target == other.key.address.id)
        // One that is there already is not one more.
        try await store.updateAlias("alias/0", target: full.id, by: .alice)
        try await store.updateAlias("alias/0", target: other.id, by: .alice)
        try await store.updateAlias("alias/more", target: full.id, by: .alice)
    }

    @Test(arguments: ["payroll", "", "Alias/payroll", "/alias/payroll"])
    func `begin with alias`(name: String) async throws {
        let store = try await rig.start()
        let made = try await store.newKey()
        await expect(.validation) { try await store.createAlias(name, target: made.id, by: .alice) }
    }

    @Test(arguments: ["alias/aws/s3", "alias/aws/"])
    func `that begin as AWS's own are refused`(name: String) async throws {
        let store = try await rig.start()
        let made = try await store.newKey()
        await expect(.notAuthorized) { try await store.createAlias(name, target: made.id, by: .alice) }
        await expect(.notAuthorized) { try await store.updateAlias(name, target: made.id, by: .alice) }
        await expect(.notAuthorized) { try await store.deleteAlias(name, by: .alice) }
    }

    @Test(arguments: ["alias/", "alias/my:alias", "alias/a b", "alias/ä", "alias/a\u{0}", "alias/$", "alias/a.b"])
    func `with other letters are refused`(name: String) async throws {
        let store = try await rig.start()
        let made = try await store.newKey()
        await expect(.validation, "\(name) contains invalid characters for an alias") {
            try await store.createAlias(name, target: made.id, by: .alice)
        }
    }

    @Test(arguments: ["alias/aws", "alias/awsome", "alias/a/b_c-D9", "alias//"])
    func `with these letters are taken`(name: String) async throws {
        let store = try await rig.start()
        let made = try await store.newKey()
        try await store.createAlias(name, target: made.id, by: .alice)
        #expect(try store.names() == [name])
    }

    @Test func `stand for keys, not for aliases`() async throws {
        let store = try await rig.start()
        let made = try await store.newKey()
        try await store.createAlias("alias/a", target: made.id, by: .alice)
        for target in ["alias/a", Scope.sample.aliasARN("alias/a")] {
            await expect(.validation, "Aliases must refer to keys. Not aliases") {
                try await store.createAlias("alias/b", target: target, by: .alice)
            }
        }
    }

    @Test func `that are not there cannot be moved or taken away`() async throws {
        let store = try await rig.start()
        let made = try await store.newKey()
        let message = "Alias \(Scope.sample.aliasARN("alias/none")) is not found."
        await expect(.notFound, message) { try await store.updateAlias("alias/none", target: made.id, by: .alice) }
        await expect(.notFound, message) { try await store.deleteAlias("alias/none", by: .alice) }
    }

    @Test func `do not come to a key of another usage`() async throws {
        let store = try await rig.start()
        let (made, other) = (try await store.newKey(), try await store.newKey())
        try await store.createAlias("alias/a", target: made.id, by: .alice)
        var key = other.key
        key.usage = .signVerify
        try await rig.metadata.commit([.saveKey(key)])
        let restarted = try await rig.start()
        await expect(.validation) { try await restarted.updateAlias("alias/a", target: other.id, by: .alice) }
        #expect(try await restarted.describeKey("alias/a", by: .alice).key.address == made.key.address)
    }

    @Test func `leave a key that waits for its deletion, but do not come to it`() async throws {
        let store = try await rig.start()
        let (dying, other) = (try await store.newKey(), try await store.newKey())
        try await store.createAlias("alias/a", target: dying.id, by: .alice)
        _ = try await store.scheduleKeyDeletion(dying.id, pendingWindowInDays: 7, by: .alice)
        await expect(.invalidState, "\(dying.arn) is pending deletion.") {
            try await store.createAlias("alias/b", target: dying.id, by: .alice)
        }
        try await store.updateAlias("alias/a", target: other.id, by: .alice)
        await expect(.invalidState, "\(dying.arn) is pending deletion.") {
            try await store.updateAlias("alias/a", target: dying.id, by: .alice)
        }
    }
}
