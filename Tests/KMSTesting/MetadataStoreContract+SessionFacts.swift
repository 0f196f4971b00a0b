internal import KMSCore

extension MetadataStoreContract {
    /// Of multi-factor devices and temporary credentials, of the server's own key pairs and of the outbox.
    static let sessionFacts = [
        Fact("a multi-factor device is saved, replaced when it is enabled and used, and removed") { contract in
            let store = try await contract.makeStore()
            var image = MetadataImage()
            image.multiFactorDevices = [.sample("phone", user: nil), .sample("Phone"), .sample("key")]
            try await store.commit(image.multiFactorDevices.map { .saveMultiFactorDevice($0) })
            try await contract.expect(image, in: store)
            image.multiFactorDevices[0].user = "b\u{f6}b"
            image.multiFactorDevices[0].enableDate = Timestamp(milliseconds: -1)
            image.multiFactorDevices[0].lastStep = .max
            image.multiFactorDevices[0].sealedSecret = .sample(28)
            try await store.commit([.saveMultiFactorDevice(image.multiFactorDevices[0])])
            try await contract.expect(image, in: store)
            try await store.commit([
                .removeMultiFactorDevice(serialNumber: image.multiFactorDevices[0].serialNumber)
            ])
            image.multiFactorDevices.removeFirst()
            try await contract.expect(image, in: store)
        },
        Fact("a session of each kind comes back as it was saved") { contract in
            let store = try await contract.makeStore()
            var image = MetadataImage()
            let bare = [Session.Kind.role, .user, .forward].enumerated().map { index, kind in
                Session(
                    id: "ASIA\(index)", kind: kind, account: Scope.sample.account, issuerID: "111122223333",
                    arn: "arn:aws:iam::111122223333:root", name: "", sealedSecret: .sample(),
                    creationDate: Timestamp(milliseconds: -1), expirationDate: Timestamp(milliseconds: .max),
                    requester: ""
                )
            }
            image.sessions = [.sample()] + bare
            try await store.commit(image.sessions.map { .saveSession($0) })
            try await contract.expect(image, in: store)
        },
        Fact("a session that is saved again is replaced, its policies and tags too") { contract in
            let store = try await contract.makeStore()
            try await store.commit([.saveSession(.sample())])
            let before = Session.sample()
            var image = MetadataImage()
            image.sessions = [
                Session(
                    id: before.id, kind: .forward, account: before.account, issuerID: "AIDAB", arn: "a\u{0}",
                    name: "b\u{0}", sealedSecret: .sample(28), creationDate: before.creationDate,
                    expirationDate: before.expirationDate, policies: ["c\u{0}", "b", "a"],
                    tags: ["d\u{0}": "e\u{0}", "d": ""],
                    transitiveTagKeys: ["d\u{0}"], requester: "f\u{0}"
                )
            ]
            try await store.commit([.saveSession(image.sessions[0])])
            try await contract.expect(image, in: store)
        },
        Fact("sessions are removed together, and the others stay") { contract in
            let store = try await contract.makeStore()
            var image = MetadataImage()
            image.sessions = (0..<10).map { .sample("ASIA\($0)") }
            try await store.commit(image.sessions.map { .saveSession($0) })
            let gone = image.sessions.prefix(7).map(\.id)
            try await store.commit([.removeSessions(ids: gone + ["ASIA99"]), .removeSessions(ids: [])])
            image.sessions.removeFirst(7)
            try await contract.expect(image, in: store)
        },
        Fact("the public key of a key pair of the server's own comes back, and goes with the pair") { contract in
            let store = try await contract.makeStore()
            let pair = MaterialReference(object: .random(), checkValue: [7])
            let secret = MaterialReference(object: .random(), checkValue: [8])
            let publicKey = (0..<91).map { UInt8($0) }
            try await store.commit([
                .saveSystemKey(.credentials, secret), .saveSystemKey(.auditDigests, pair, publicKey: publicKey),
            ])
            var image = MetadataImage(systemKeys: [.credentials: secret, .auditDigests: pair])
            image.systemPublicKeys = [.auditDigests: publicKey]
            try await contract.expect(image, in: store)
            try await store.commit([.saveSystemKey(.auditDigests, pair)])
            image.systemPublicKeys = [:]
            try await contract.expect(image, in: store)
        },
        Fact("the outbox comes back in the order in which it was written") { contract in
            let store = try await contract.makeStore()
            var image = MetadataImage()
            for _ in 1...5 {
                let items = (0..<5).map { OutboxItem.sample(.randomUUID(), $0.isMultiple(of: 2) ? .audit : .events) }
                try await store.commit(items.map { .saveOutboxItem($0) })
                image.outbox += items
                // The last ones are gone before the next are written: their places are not given again.
                try await store.commit([.removeOutboxItems(ids: image.outbox.suffix(2).map(\.id))])
                image.outbox.removeLast(2)
                try await contract.expect(image, in: store)
            }
            try await store.commit([.removeOutboxItems(ids: image.outbox.map(\.id).reversed())])
            try await contract.expect(MetadataImage(), in: store)
        },
        Fact("an outbox item that is written again keeps its place") { contract in
            let store = try await contract.makeStore()
            var image = MetadataImage()
            image.outbox = (0..<3).map { _ in .sample() }
            try await store.commit(image.outbox.map { .saveOutboxItem($0) })
            image.outbox[1] = OutboxItem(
                id: image.outbox[1].id, queue: .events, body: [], date: Timestamp(milliseconds: .max)
            )
            try await store.commit([.saveOutboxItem(image.outbox[1])])
            try await contract.expect(image, in: store)
        },
        Fact("a change and what tells of it are written together or not at all") { contract in
            let store = try await contract.makeStore()
            let stranger = Key.sample().address
            try await contract.expectRefusal(
                [.saveOutboxItem(.sample()), .settleEncryptions(stranger, material: 1, total: 1)], by: store
            )
            var image = MetadataImage(keys: [.sample()])
            image.outbox = [.sample()]
            try await store.commit([.saveKey(image.keys[0]), .saveOutboxItem(image.outbox[0])])
            try await contract.expect(image, in: store)
        },
    ]
}
