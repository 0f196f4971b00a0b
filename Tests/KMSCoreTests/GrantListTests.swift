import KMSPolicy
import KMSTesting
import Testing

@testable import KMSCore

@Suite struct `Lists of grants` {
    let scene = GrantScene()

    @Test func `show what was granted`() async throws {
        let store = try await scene.start()
        let key = try await store.newKey(by: Actor.alice.call)
        let made = try await store.grant(
            .to(.bob, ["Decrypt"], .encryptionContextSubset(["a": "b"])) {
                $0.name = "name"
                $0.retiring = .principal(Actor.carol.arn)
            }, on: key)
        let grant = try #require(try store.grants(on: key).items.first)
        #expect(grant.id == made.id && grant.key == key.key.address && grant.name == "name")
        #expect(grant.granteePrincipal == Actor.bob.arn && grant.granteeID == Actor.bob.userID)
        #expect(grant.retiringPrincipal == Actor.carol.arn && grant.operations == ["Decrypt"])
        #expect(grant.issuingAccount == Actor.own.rootARN && grant.creationDate == scene.clock.now)
        #expect(grant.constraint == .encryptionContextSubset(["a": "b"]))
    }

    @Test func `are for those whom policies allow them`() async throws {
        let store = try await scene.start()
        let key = try await store.newKey(by: Actor.alice.call)
        try await store.grant(.to(.bob, ["DescribeKey"]), on: key)
        await expect(.accessDenied) { _ = try store.grants(on: key, by: .bob) }
        #expect(try store.grants(on: key, by: .bob.having(.allow("kms:ListGrants"))).items.count == 1)
        await expect(.invalidARN) {
            _ = try store.listGrants(on: "alias/a", GrantFilter(), PageRequest(), by: Actor.alice.call)
        }
    }

    @Test func `come in pages, each grant once`() async throws {
        let store = try await scene.start()
        let key = try await store.newKey(by: Actor.alice.call)
        var ids: Set<String> = []
        for _ in 0..<103 { ids.insert(try await store.grant(.to(.bob, ["DescribeKey"]), on: key).id) }
        for limit in [nil, 1, 7, 100] {
            var seen: [String] = []
            var page = PageRequest(limit: limit)
            repeat {
                let part = try store.grants(on: key, page: page)
                #expect(part.items.count <= limit ?? 50)
                seen += part.items.map(\.id)
                page.marker = part.nextMarker
            } while page.marker != nil
            #expect(seen.count == 103 && Set(seen) == ids)
        }
        await expect(.invalidMarker) { _ = try store.grants(on: key, page: PageRequest(marker: "m")) }
    }

    @Test func `go on where they were when a grant goes meanwhile`() async throws {
        let store = try await scene.start()
        let key = try await store.newKey(by: Actor.alice.call)
        for _ in 0..<5 { try await store.grant(.to(.bob, ["DescribeKey"]), on: key) }
        let first = try store.grants(on: key, page: PageRequest(limit: 2))
        try await store.revokeGrant(first.items[1].id, on: key.arn, by: Actor.alice.call)
        let rest = try store.grants(on: key, page: PageRequest(marker: first.nextMarker))
        #expect(rest.items.count == 3 && rest.nextMarker == nil)
    }

    @Test func `are filtered by grantee and by id`() async throws {
        let store = try await scene.start()
        let key = try await store.newKey(by: Actor.alice.call)
        let ofBob = try await store.grant(.to(.bob, ["DescribeKey"]), on: key)
        let ofCarol = try await store.grant(.to(.carol, ["DescribeKey"]), on: key)
        func ids(_ filter: GrantFilter, by actor: Actor = .alice) throws -> [String] {
            try store.grants(on: key, filter, by: actor).items.map(\.id)
        }
        #expect(try ids(GrantFilter(grantee: .principal(Actor.bob.arn))) == [ofBob.id])
        #expect(try ids(GrantFilter(id: ofCarol.id)) == [ofCarol.id])
        #expect(try ids(GrantFilter(id: ofCarol.id, grantee: .principal(Actor.bob.arn))).isEmpty)
        #expect(try ids(GrantFilter(id: String(repeating: "0", count: 64))).isEmpty)
        // Services alone ask for services.
        let service = Actor.service("ec2.amazonaws.com")
        await expect(.validation) { _ = try ids(GrantFilter(grantee: .service(service.arn))) }
        var request = NewGrant(to: .service(service.arn), ["DescribeKey"])
        request.retiring = .service(service.arn)
        request.sourceARN = "arn:aws:ec2:eu-central-1:111122223333:volume/*"
        let ofService = try await store.grant(request, on: key)
        let policy = """
            {"Version":"2012-10-17","Statement":[
              {"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:root"},"Action":"kms:*","Resource":"*"},
              {"Effect":"Allow","Principal":{"Service":"\(service.arn)"},"Action":"kms:ListGrants","Resource":"*"}]}
            """
        try await store.putKeyPolicy(policy, on: key.id, named: nil, by: Actor.alice.call)
        #expect(try ids(GrantFilter(grantee: .service(service.arn)), by: service) == [ofService.id])
    }

    @Test func `of what somebody may retire reach over all keys of the Region`() async throws {
        let store = try await scene.start()
        var ids: Set<String> = []
        for actor in [Actor.alice, .user("mallory", in: Actor.other).having(.everything)] {
            let key = try await store.newKey(by: actor.call)
            for retiring in [Actor.carol, .bob] {
                let grant = try await store.grant(
                    .to(.bob, ["DescribeKey"]) { $0.retiring = .principal(retiring.arn) }, on: key, by: actor)
                if retiring.arn == Actor.carol.arn { ids.insert(grant.id) }
            }
        }
        let elsewhere = try await store.newKey(by: Actor.alice.call(in: Scope.otherRegion.region))
        _ = try await store.createGrant(
            .to(.bob, ["DescribeKey"]) { $0.retiring = .principal(Actor.carol.arn) }, on: elsewhere.arn,
            by: Actor.alice.call(in: Scope.otherRegion.region))

        func retirable(_ page: PageRequest = PageRequest(), by actor: Actor) throws -> Page<Grant> {
            try store.listRetirableGrants(by: .principal(Actor.carol.arn), page, by: actor.call)
        }
        #expect(Set(try retirable(by: .alice).items.map(\.id)) == ids)
        let first = try retirable(PageRequest(limit: 1), by: .alice)
        let second = try retirable(PageRequest(marker: first.nextMarker), by: .alice)
        #expect(Set((first.items + second.items).map(\.id)) == ids && second.nextMarker == nil)
        // One's own identity policies alone decide, also for the retiring principal.
        await expect(.accessDenied) { _ = try retirable(by: .carol) }
        #expect(try retirable(by: .carol.having(.allow("kms:ListRetirableGrants"))).items.count == 2)
        await expect(.invalidARN) { _ = try retirable(by: .mallory.having(.everything)) }
        await expect(.invalidARN) {
            _ = try store.listRetirableGrants(by: .principal("carol"), PageRequest(), by: Actor.alice.call)
        }
    }

    @Test func `of what services may retire are for services`() async throws {
        let store = try await scene.start()
        let key = try await store.newKey(by: Actor.alice.call)
        let grant = try await store.grant(
            .to(.bob, ["DescribeKey"]) { $0.retiring = .service("rds.amazonaws.com") }, on: key)
        let service = Actor.service("rds.amazonaws.com").having(.allow("kms:ListRetirableGrants"))
        let listed = try store.listRetirableGrants(
            by: .service("rds.amazonaws.com"), PageRequest(), by: service.call)
        #expect(listed.items.map(\.id) == [grant.id])
        await expect(.validation) {
            _ = try store.listRetirableGrants(by: .service("rds.amazonaws.com"), PageRequest(), by: Actor.alice.call)
        }
        try await store.retireGrant(.token(grant.token), by: service.call)
    }
}

extension KeyStore {
    fileprivate func grants(on key: KeyDescription, page: PageRequest) throws -> Page<Grant> {
        try grants(on: key, GrantFilter(), page)
    }
}

@Suite struct `A table of grants` {
    private let address = KeyAddress(scope: .sample, id: .random())

    private func grant(_ id: String, to grantee: String = "arn:aws:iam::111122223333:user/bob") -> Grant {
        Grant(
            id: id, key: address, name: "n", creationDate: Timestamp(seconds: 0), granteePrincipal: grantee,
            retiringPrincipal: "r", issuingAccount: "a", operations: ["Decrypt"])
    }

    @Test func `keeps its order whatever the order of saving, and forgets all of what is removed`() {
        var generator = SplitMix64(seed: 7)
        let ids = (0..<200).map { _ in Hexadecimal.encode((generator.next() as UInt64).bigEndianBytes) }
        let table = GrantTable()
        for id in ids { table.save(grant(id)) }
        table.save(grant(ids[0]))
        #expect(table.all.map(\.id) == ids.sorted() && table.count == ids.count)
        let caller = Actor.bob.call.caller.policyCaller
        #expect(table.permissions(for: caller).count == ids.count, "one that is saved again is there once")
        for id in ids.dropFirst() { table.remove(id) }
        table.remove("unknown")
        #expect(table.all.map(\.id) == [ids[0]] && table.permissions(for: caller).map(\.id) == [ids[0]])
        #expect(table.grants(named: "n").count == 1 && table.grants(retirableBy: "r").count == 1)
        table.remove(ids[0])
        #expect(table.count == 0 && table.permissions(for: caller).isEmpty)
        #expect(table.grants(named: "n").isEmpty && table.grants(retirableBy: "r").isEmpty)
    }

    @Test func `finds what may be for a caller by all that it answers to, once`() {
        let table = GrantTable()
        let session = Actor.session("one", of: "app")
        for (id, grantee) in [
            ("a", session.arn), ("b", session.issuerARN ?? ""), ("c", Actor.own.rootARN), ("d", "ec2.amazonaws.com"),
        ] {
            table.save(grant(id, to: grantee))
        }
        func ids(_ actor: Actor) -> [String] {
            table.permissions(for: actor.call.caller.policyCaller).map(\.id).sorted()
        }
        #expect(ids(session) == ["a", "b", "c"])
        #expect(ids(.session("two", of: "app")) == ["b", "c"])
        #expect(ids(.root()) == ["c"])
        #expect(ids(.mallory).isEmpty)
        #expect(ids(.service("ec2.amazonaws.com")).contains("d"))
    }
}
