import KMSCore
import KMSTesting
import SecureMemory
import Testing

/// Any sequence of creations, imports, expiries, rotations, deletions, faults and restarts, against what a caller
/// believes of it.
@Suite struct `A random history of key material` {
    private struct ModelKey {
        let made: KeyDescription
        /// The imported secrets, in the order of their material.
        var secrets: [UInt8] = []
        /// Which of them are there, and until when.
        var present: [Int: Timestamp?] = [:]
        /// The one that waits for a rotation.
        var pending: Int?
        var current = 0
        var rotations = 0
        var ciphertexts: [(bytes: [UInt8], plaintext: String)] = []
        var isDisabled = false

        var isImported: Bool { made.key.origin == .external }

        func isThere(_ index: Int, _ now: Timestamp) -> Bool {
            guard let validTo = present[index] else { return false }
            return validTo.map { now < $0 } ?? true
        }

        func state(at now: Timestamp) -> KeyState {
            if isImported {
                let needed = secrets.indices.filter { $0 != pending }
                guard !needed.isEmpty, needed.allSatisfy({ isThere($0, now) }) else { return .pendingImport }
            }
            return isDisabled ? .disabled : .enabled
        }
    }

    @Test(arguments: 1...25 as ClosedRange<UInt64>)
    func `leaves token and database in agreement, and every ciphertext of a living key readable`(
        seed: UInt64
    ) async throws {
        var history = History(seed: seed)
        for _ in 0..<100 { try await history.step() }
        try await history.finish()
    }

    private struct History {
        let rig = Rig()
        var store: KeyStore?
        var keys: [KeyID: ModelKey] = [:]
        var generator: SplitMix64

        init(seed: UInt64) { generator = SplitMix64(seed: seed) }

        mutating func step() async throws {
            let store: KeyStore
            if let running = self.store { store = running } else { store = try await rig.start() }
            self.store = store
            switch Int.random(in: 0..<20, using: &generator) {
            case 0: try await create(store, .awsKMS)
            case 1: try await create(store, .external)
            case 2...6: try await importMaterial(store)
            case 7...8: try await rotate(store)
            case 9...12: try await encrypt(store)
            case 13: try await deleteMaterial(store)
            case 14: try await toggle(store)
            case 15: try await end(store)
            case 16...17: try await passTime(store)
            case 18: try await fail(store)
            default:
                if Bool.random(using: &generator) { try await store.stop() }
                self.store = nil
                return
            }
            for (id, key) in keys {
                #expect(try await store.describeKey("\(id)", by: .alice).state == key.state(at: rig.clock.now))
            }
        }

        private mutating func any(_ origin: KeyOrigin? = nil) -> KeyID? {
            keys.filter { origin == nil || $0.value.made.key.origin == origin }.keys.sorted()
                .randomElement(using: &generator)
        }

        private mutating func create(_ store: KeyStore, _ origin: KeyOrigin) async throws {
            let made = try await store.newKey { $0.origin = origin }
            keys[made.key.address.id] = ModelKey(made: made)
        }

        private mutating func importMaterial(_ store: KeyStore) async throws {
            guard let id = any(.external), var key = keys[id] else { return }
            let now = rig.clock.now
            let validTo: Timestamp? =
                Bool.random(using: &generator) ? now.adding(days: Int.random(in: 1...20, using: &generator)) : nil
            let isNew = Int.random(in: 0..<3, using: &generator) == 0
            let number = UInt8.random(in: 0...5, using: &generator)
            let known = key.secrets.firstIndex(of: number)
            var refusal: KMSError.Code?
            if isNew, !key.secrets.isEmpty {
                if key.pending != nil {
                    refusal = .invalidState
                } else if known != nil {
                    refusal = .incorrectKeyMaterial
                }
            } else if !key.secrets.isEmpty, known == nil {
                refusal = .incorrectKeyMaterial
            }
            let made = key.made
            if let refusal {
                await expect(refusal) {
                    try await store.importSecret(secret(number), into: made, validTo: validTo, asNew: isNew)
                }
                return
            }
            let wasPending = key.state(at: now) == .pendingImport
            try await store.importSecret(secret(number), into: made, validTo: validTo, asNew: isNew)
            let index = known ?? key.secrets.count
            if known == nil {
                if !key.secrets.isEmpty { key.pending = index }
                key.secrets.append(number)
            }
            key.present[index] = .some(validTo)
            // An import that makes the key whole enables it.
            if wasPending { key.isDisabled = false }
            keys[id] = key
        }

        private mutating func rotate(_ store: KeyStore) async throws {
            guard let id = any(), var key = keys[id] else { return }
            let now = rig.clock.now
            var refusal: KMSError.Code?
            switch key.state(at: now) {
            case .disabled: refusal = .disabled
            case .pendingImport: refusal = .invalidState
            default:
                if key.isImported {
                    if let pending = key.pending, key.isThere(pending, now) {
                        if key.rotations >= 25 { refusal = .limitExceeded }
                    } else {
                        refusal = .invalidState
                    }
                } else if key.rotations >= 25 {
                    refusal = .limitExceeded
                }
            }
            if let refusal {
                await expect(refusal) { _ = try await store.rotateKeyOnDemand("\(id)", by: .alice) }
                return
            }
            _ = try await store.rotateKeyOnDemand("\(id)", by: .alice)
            key.rotations += 1
            if let pending = key.pending {
                key.current = pending
                key.pending = nil
            }
            keys[id] = key
        }

        private mutating func encrypt(_ store: KeyStore) async throws {
            guard let id = any(), let key = keys[id] else { return }
            let text = "secret \(UInt16.random(in: 0 ... .max, using: &generator))"
            switch key.state(at: rig.clock.now) {
            case .enabled:
                let bytes = try await store.encrypt(text, with: "\(id)")
                keys[id]?.ciphertexts.append((bytes, text))
                for pair in key.ciphertexts { #expect(try await store.decrypt(pair.bytes) == pair.plaintext) }
            case let state:
                await expect(state == .disabled ? .disabled : .invalidState) {
                    _ = try await store.encrypt(text, with: "\(id)")
                }
            }
        }

        private mutating func deleteMaterial(_ store: KeyStore) async throws {
            guard let id = any(.external), let key = keys[id] else { return }
            _ = try await store.deleteImportedKeyMaterial(of: "\(id)", materialID: nil, by: .alice)
            keys[id]?.present[key.current] = nil
        }

        private mutating func toggle(_ store: KeyStore) async throws {
            guard let id = any(), let key = keys[id], key.state(at: rig.clock.now) != .pendingImport else { return }
            if key.isDisabled {
                try await store.enableKey("\(id)", by: .alice)
            } else {
                try await store.disableKey("\(id)", by: .alice)
            }
            keys[id]?.isDisabled.toggle()
        }

        private mutating func end(_ store: KeyStore) async throws {
            guard keys.count > 3, let id = any() else { return }
            _ = try await store.scheduleKeyDeletion("\(id)", pendingWindowInDays: 7, by: .alice)
            keys[id] = nil
        }

        private mutating func passTime(_ store: KeyStore) async throws {
            rig.clock.advance(byDays: Int.random(in: 1...6, using: &generator))
            if Bool.random(using: &generator) { try await settle(store) }
        }

        /// Due work, and what it does for the model: what expired is deleted, and disabled keys become PendingImport.
        private mutating func settle(_ store: KeyStore) async throws {
            try await store.performDueWork()
            let now = rig.clock.now
            for (id, key) in keys where key.isImported {
                for index in key.secrets.indices where !key.isThere(index, now) {
                    // Material that never came to be used leaves nothing behind.
                    guard index == key.pending else {
                        keys[id]?.present[index] = nil
                        continue
                    }
                    keys[id]?.present[index] = nil
                    keys[id]?.secrets.remove(at: index)
                    keys[id]?.pending = nil
                }
            }
        }

        /// A fault in the middle of a change: the caller is told, and nothing of it stays.
        private mutating func fail(_ store: KeyStore) async throws {
            try await settle(store)
            let moment = FakeBackend.Moment.allCases.randomElement(using: &generator)!
            let now = rig.clock.now
            let id = any(.awsKMS).flatMap { keys[$0]?.state(at: now) == .enabled ? $0 : nil }
            guard let id, let key = keys[id], key.rotations < 25 else { return }
            if Bool.random(using: &generator) {
                rig.backend.fail(.generateKey, moment, with: KMSError(.dependencyTimeout, "slow"))
                await expect(.dependencyTimeout) { _ = try await store.rotateKeyOnDemand("\(id)", by: .alice) }
            } else {
                rig.metadata.fail(commit: Int.random(in: 1...2, using: &generator), moment)
                await expect(.internalFailure) { _ = try await store.rotateKeyOnDemand("\(id)", by: .alice) }
            }
        }

        mutating func finish() async throws {
            let store = try await rig.start()
            // All that is scheduled is due, and every wrapping key too.
            rig.clock.advance(byDays: 8)
            try await settle(store)
            try await store.performDueWork()
            try await rig.expectAgreement()
            for (id, key) in keys {
                // What is missing is what was imported: with it every ciphertext is readable.
                for index in key.secrets.indices where !key.isThere(index, rig.clock.now) {
                    try await store.importSecret(secret(key.secrets[index]), into: key.made)
                }
                if try await store.describeKey("\(id)", by: .alice).state == .disabled {
                    try await store.enableKey("\(id)", by: .alice)
                }
                for pair in key.ciphertexts {
                    #expect(try await store.decrypt(pair.bytes) == pair.plaintext)
                }
            }
        }
    }
}
