import KMSCore
import KMSTesting
import SecureMemory
import Testing

@Suite struct `A random history` {
    /// What a caller believes to be true of one key.
    private struct ModelKey {
        let made: KeyDescription
        var state = KeyState.enabled
        var description = ""
        var tags: [String: String] = [:]
        var deletionDate: Timestamp?
        var ciphertexts: [(bytes: [UInt8], plaintext: String)] = []
    }

    /// What a caller believes to be true of everything.
    private struct Model {
        var keys: [KeyID: ModelKey] = [:]
        var aliases: [String: KeyID] = [:]
    }

    @Test(arguments: 1...30 as ClosedRange<UInt64>)
    func `of changes, faults and restarts is what its callers saw`(seed: UInt64) async throws {
        var history = History(seed: seed)
        for _ in 0..<150 { try await history.step() }
        try await history.finish()
    }

    private struct History {
        let rig = Rig()
        var store: KeyStore?
        var model = Model()
        var generator: SplitMix64

        init(seed: UInt64) { generator = SplitMix64(seed: seed) }

        mutating func step() async throws {
            let store: KeyStore
            if let running = self.store { store = running } else { store = try await rig.start() }
            self.store = store
            switch Int.random(in: 0..<20, using: &generator) {
            case 0...1: try await create(store)
            case 2: try await failToCreate(store)
            case 3...6: try await encrypt(store)
            case 7...9: try await decrypt(store)
            case 10...14: try await change(store)
            case 15...16: try await changeAlias(store)
            case 17: try await passTime(store)
            case 18:
                // A crash, or an orderly end.
                if Bool.random(using: &generator) { try await store.stop() }
                self.store = nil
                return
            default: try await refuseChange(store)
            }
            try await compare(store)
        }

        // MARK: Steps

        private mutating func create(_ store: KeyStore) async throws {
            let made = try await store.newKey { $0.description = "new" }
            model.keys[made.key.address.id] = ModelKey(made: made, description: "new")
        }

        private mutating func failToCreate(_ store: KeyStore) async throws {
            let moment = FakeBackend.Moment.allCases.randomElement(using: &generator)!
            rig.backend.fail(.generateKey, moment, with: KMSError(.dependencyTimeout, "slow"))
            await expect(.dependencyTimeout) { _ = try await store.newKey() }
        }

        private mutating func encrypt(_ store: KeyStore) async throws {
            guard let (id, name) = anyKey() else { return }
            let text = "secret \(UInt16.random(in: 0 ... .max, using: &generator))"
            guard let refusal = refusal(of: id) else {
                let bytes = try await store.encrypt(text, with: name, in: ["key": "\(id)"])
                model.keys[id]?.ciphertexts.append((bytes, text))
                return
            }
            await expect(refusal) { _ = try await store.encrypt(text, with: name, in: ["key": "\(id)"]) }
        }

        private mutating func decrypt(_ store: KeyStore) async throws {
            guard let (id, name) = anyKey(), let pair = model.keys[id]?.ciphertexts.randomElement(using: &generator)
            else { return }
            guard let refusal = refusal(of: id) else {
                #expect(try await store.decrypt(pair.bytes, with: name, in: ["key": "\(id)"]) == pair.plaintext)
                return
            }
            await expect(refusal) { _ = try await store.decrypt(pair.bytes, with: name, in: ["key": "\(id)"]) }
        }

        private mutating func change(_ store: KeyStore) async throws {
            guard let id = model.keys.keys.sorted().randomElement(using: &generator), var key = model.keys[id] else {
                return
            }
            let name = "\(id)"
            let isDying = key.state == .pendingDeletion
            let expected: KMSError.Code? = isDying ? .invalidState : nil
            let text = "\(UInt8.random(in: 0...3, using: &generator))"
            switch Int.random(in: 0..<7, using: &generator) {
            case 0:
                try await run(expected) { try await store.disableKey(name, by: .alice) }
                if !isDying { key.state = .disabled }
            case 1...2:
                try await run(expected) { try await store.enableKey(name, by: .alice) }
                if !isDying { key.state = .enabled }
            case 3:
                try await run(expected) { try await store.updateKeyDescription(name, to: text, by: .alice) }
                if !isDying { key.description = text }
            case 4:
                try await run(expected) {
                    try await store.tagResource(name, tags: [Tag(key: text, value: text)], by: .alice)
                }
                if !isDying { key.tags[text] = text }
            case 5:
                try await run(expected) {
                    _ = try await store.scheduleKeyDeletion(name, pendingWindowInDays: 7, by: .alice)
                }
                if !isDying { (key.state, key.deletionDate) = (.pendingDeletion, rig.clock.now.adding(days: 7)) }
            default:
                try await run(isDying ? nil : .invalidState) {
                    _ = try await store.cancelKeyDeletion(name, by: .alice)
                }
                if isDying { (key.state, key.deletionDate) = (.disabled, nil) }
            }
            model.keys[id] = key
        }

        private mutating func changeAlias(_ store: KeyStore) async throws {
            guard let id = model.keys.keys.sorted().randomElement(using: &generator) else { return }
            let name = ["alias/a", "alias/b", "alias/c"].randomElement(using: &generator)!
            let isDying = model.keys[id]?.state == .pendingDeletion
            let isThere = model.aliases[name] != nil
            switch Int.random(in: 0..<3, using: &generator) {
            case 0:
                try await run(isDying ? .invalidState : isThere ? .alreadyExists : nil) {
                    try await store.createAlias(name, target: "\(id)", by: .alice)
                }
                if !isDying, !isThere { model.aliases[name] = id }
            case 1:
                try await run(isDying ? .invalidState : isThere ? nil : .notFound) {
                    try await store.updateAlias(name, target: "\(id)", by: .alice)
                }
                if !isDying, isThere { model.aliases[name] = id }
            default:
                try await run(isThere ? nil : .notFound) { try await store.deleteAlias(name, by: .alice) }
                model.aliases[name] = nil
            }
        }

        private mutating func passTime(_ store: KeyStore) async throws {
            rig.clock.advance(byDays: Int.random(in: 1...5, using: &generator))
            try await store.performDueWork()
            let now = rig.clock.now
            for (id, key) in model.keys where key.deletionDate.map({ $0 <= now }) ?? false {
                model.keys[id] = nil
                model.aliases = model.aliases.filter { $0.value != id }
                for pair in key.ciphertexts {
                    await expect(.accessDenied) { _ = try await store.decrypt(pair.bytes, in: ["key": "\(id)"]) }
                }
            }
        }

        /// The database is full: nothing changes.
        private mutating func refuseChange(_ store: KeyStore) async throws {
            // Undoing commits too, and shall not take the fault for itself.
            try await store.performDueWork()
            let now = rig.clock.now
            model.keys = model.keys.filter { !($0.value.deletionDate.map { $0 <= now } ?? false) }
            rig.metadata.fail(commit: 1, .before)
            await expect(.internalFailure) { _ = try await store.newKey() }
        }

        // MARK: Comparison

        private mutating func anyKey() -> (KeyID, name: String)? {
            if let alias = model.aliases.keys.sorted().randomElement(using: &generator),
                Bool.random(using: &generator), let id = model.aliases[alias]
            {
                return (id, alias)
            }
            return model.keys.keys.sorted().randomElement(using: &generator).map { ($0, "\($0)") }
        }

        private func refusal(of id: KeyID) -> KMSError.Code? {
            switch model.keys[id]?.state {
            case .disabled: .disabled
            case .pendingDeletion: .invalidState
            default: nil
            }
        }

        private func run(_ code: KMSError.Code?, _ body: () async throws -> Void) async throws {
            guard let code else { return try await body() }
            await expect(code, from: body)
        }

        private func compare(_ store: KeyStore) async throws {
            let listed = try store.listKeys(PageRequest(limit: 1000), by: .alice).items.map(\.id)
            #expect(listed == model.keys.keys.sorted())
            for (id, expected) in model.keys {
                let seen = try await store.describeKey("\(id)", by: .alice)
                #expect(seen.state == expected.state)
                #expect(seen.key.description == expected.description)
                #expect(seen.key.tags == expected.tags)
                #expect(seen.key.deletionDate == expected.deletionDate)
                #expect(seen.key.materials.map(\.id) == expected.made.key.materials.map(\.id))
            }
            let aliases = try store.listAliases(of: nil, PageRequest(limit: 1000), by: .alice).items
            #expect(Dictionary(uniqueKeysWithValues: aliases.map { ($0.name, $0.target) }) == model.aliases)
        }

        /// Everything once more after a last restart: the token, the database and every ciphertext ever made.
        mutating func finish() async throws {
            let store = try await rig.start()
            try await store.performDueWork()
            let now = rig.clock.now
            model.keys = model.keys.filter { !($0.value.deletionDate.map { $0 <= now } ?? false) }
            model.aliases = model.aliases.filter { model.keys[$0.value] != nil }
            try await compare(store)
            try await rig.expectAgreement()
            #expect(rig.backend.objects == Set(model.keys.values.map(\.made.object)))
            for (id, key) in model.keys {
                if key.state == .pendingDeletion { _ = try await store.cancelKeyDeletion("\(id)", by: .alice) }
                try await store.enableKey("\(id)", by: .alice)
                for pair in key.ciphertexts {
                    #expect(try await store.decrypt(pair.bytes, in: ["key": "\(id)"]) == pair.plaintext)
                }
            }
        }
    }
}
