import KMSTesting
import SecureMemory
import Testing

@testable import KMSCore

@Suite struct `The budget of encryptions` {
    static let maximum: UInt64 = 1 << 32

    let rig = Rig()

    /// A key whose material has already made, or reserved, that many encryptions.
    private func key(reserved: UInt64) async throws -> KeyDescription {
        let made = try await rig.start().newKey()
        try await rig.metadata.commit([.reserveEncryptions(made.key.address, material: 1, total: reserved)])
        return made
    }

    private var reservations: Int {
        rig.metadata.commits.count { changes in
            changes.contains { if case .reserveEncryptions = $0 { true } else { false } }
        }
    }

    // MARK: Through the key store

    @Test func `is reserved before the first encryption, and then in blocks`() async throws {
        let store = try await rig.start()
        let made = try await store.newKey()
        #expect(try await rig.reservedEncryptions(made) == 0)
        for _ in 0..<1000 { _ = try await store.encrypt("x", with: made.id) }
        #expect(reservations == 1, "one commit for 1,000 encryptions")
        let reserved = try #require(try await rig.reservedEncryptions(made))
        #expect((1000...EncryptionBudget.block + 1).contains(reserved))
    }

    @Test func `counts exactly what 1,000 encryptions at once spend`() async throws {
        let store = try await rig.start()
        let made = try await store.newKey()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<1000 { group.addTask { _ = try await store.encrypt("x", with: made.id) } }
            try await group.waitForAll()
        }
        try await store.stop()
        #expect(try await rig.reservedEncryptions(made) == 1000)
    }

    @Test func `counts data keys and re-encryptions too, and decryptions and refused requests not`() async throws {
        let store = try await rig.start()
        let made = try await store.newKey()
        let ciphertext = try await store.encrypt("x", with: made.id)
        _ = try await store.generateDataKey(bytes: 32, with: made.id, context: .empty, by: .alice)
        _ = try await store.generateDataKeyWithoutPlaintext(bytes: 32, with: made.id, context: .empty, by: .alice)
        _ = try await store.reEncrypt(
            ciphertext, sourceKey: nil, sourceContext: .empty, destinationKey: made.id, destinationContext: .empty,
            by: .alice
        )
        _ = try await store.decrypt(ciphertext)
        await expect(.validation) { _ = try await store.encrypt(String(repeating: "x", count: 4097), with: made.id) }
        try await store.stop()
        #expect(try await rig.reservedEncryptions(made) == 4)
    }

    @Test func `counts too many after a crash, never too few`() async throws {
        var made: KeyDescription?
        var spent: UInt64 = 0
        for round in 1...5 {
            let store = try await rig.start()
            let key: KeyDescription
            if let made { key = made } else { key = try await store.newKey() }
            made = key
            for _ in 0..<10 { _ = try await store.encrypt("x", with: key.id) }
            spent += 10
            // Given up without stop(), as by a crash.
            let reserved = try #require(try await rig.reservedEncryptions(key))
            #expect(reserved >= spent)
            #expect(reserved <= UInt64(round) * (EncryptionBudget.block + 1), "a crash wastes one block")
        }
    }

    @Test func `goes on exactly where an orderly end left it`() async throws {
        let made = try await rig.start().newKey()
        for round in 1...3 {
            let store = try await rig.start()
            for _ in 0..<5 { _ = try await store.encrypt("x", with: made.id) }
            try await store.stop()
            #expect(try await rig.reservedEncryptions(made) == UInt64(round) * 5)
        }
    }

    @Test func `that nobody spent is not settled`() async throws {
        let store = try await rig.start()
        _ = try await store.newKey()
        let commits = rig.metadata.commits.count
        try await store.stop()
        #expect(rig.metadata.commits.count == commits)
    }

    @Test func `ends before random IVs could repeat, and says what to do`() async throws {
        let made = try await key(reserved: Self.maximum - 3)
        let store = try await rig.start()
        var ciphertext: [UInt8] = []
        for _ in 0..<3 { ciphertext = try await store.encrypt("secret", with: made.id) }
        for _ in 0..<2 {
            await expect(
                .limitExceeded,
                "\(made.arn) has made as many encryptions as one key material may make (4294967296). Rotate the key, "
                    + "or create a new one and point the alias to it."
            ) { _ = try await store.encrypt("x", with: made.id) }
        }
        #expect(try await rig.reservedEncryptions(made) == Self.maximum)
        #expect(try await store.decrypt(ciphertext) == "secret", "what was encrypted is decrypted for ever")
        try await store.stop()
        #expect(try await rig.reservedEncryptions(made) == Self.maximum)
        let restarted = try await rig.start()
        await expect(.limitExceeded) { _ = try await restarted.encrypt("x", with: made.id) }
        await expect(.limitExceeded) {
            _ = try await restarted.generateDataKey(bytes: 32, with: made.id, context: .empty, by: .alice)
        }
        #expect(try await restarted.decrypt(ciphertext) == "secret")
    }

    @Test func `is not overdrawn by many at once`() async throws {
        let made = try await key(reserved: Self.maximum - 500)
        let store = try await rig.start()
        let codes = await withTaskGroup(of: KMSError.Code?.self) { group in
            for _ in 0..<1000 {
                group.addTask {
                    do {
                        _ = try await store.encrypt("x", with: made.id)
                        return nil
                    } catch {
                        return (error as? KMSError)?.code
                    }
                }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(codes.count { $0 == nil } == 500)
        #expect(codes.count { $0 == .limitExceeded } == 500)
    }

    @Test func `that cannot be reserved stops the encryption, until it can`() async throws {
        let store = try await rig.start()
        let made = try await store.newKey()
        rig.backend.clearCalls()
        rig.metadata.fail(commit: 1, .before)
        await expect(.internalFailure) { _ = try await store.encrypt("x", with: made.id) }
        #expect(rig.backend.calls.isEmpty, "nothing is encrypted that is not accounted for")
        _ = try await store.encrypt("x", with: made.id)
        try await store.stop()
        let reserved = try #require(try await rig.reservedEncryptions(made))
        #expect(reserved == 2, "the refused one counts: too many rather than too few")
    }

    @Test func `is not lowered by a change of the key's metadata`() async throws {
        let store = try await rig.start()
        let made = try await store.newKey()
        _ = try await store.encrypt("x", with: made.id)
        let reserved = try #require(try await rig.reservedEncryptions(made))
        try await store.updateKeyDescription(made.id, to: "new", by: .alice)
        #expect(try await rig.reservedEncryptions(made) == reserved)
        _ = try await store.encrypt("x", with: made.id)
        try await store.stop()
        #expect(try await rig.reservedEncryptions(made) == 2, "the counter in memory went on as well")
    }

    // MARK: By itself

    @Test func `asks for the next block once, when half of this one is gone`() {
        let budget = EncryptionBudget(reserved: EncryptionBudget.block, used: 0, maximum: Self.maximum)
        var verdicts: [EncryptionBudget.Verdict] = []
        for _ in 0..<EncryptionBudget.block { verdicts.append(budget.spend()) }
        #expect(verdicts.count { $0 == .coveredReserveAhead } == 1)
        #expect(verdicts.firstIndex(of: .coveredReserveAhead) == Int(EncryptionBudget.block / 2) - 1)
        #expect(verdicts.count { $0 == .covered } == Int(EncryptionBudget.block) - 1)
        #expect(budget.spend() == .needs(EncryptionBudget.block + 1))
    }

    @Test func `reserves no more than there is, and nothing twice`() {
        let budget = EncryptionBudget(reserved: Self.maximum - 10, used: Self.maximum - 10, maximum: Self.maximum)
        #expect(budget.spend() == .needs(Self.maximum - 9))
        #expect(budget.nextReservation(covering: Self.maximum - 9) == Self.maximum)
        budget.didReserve(Self.maximum)
        #expect(budget.nextReservation(covering: Self.maximum - 9) == nil)
        for _ in 0..<9 { #expect(budget.spend() == .covered) }
        #expect(budget.spend() == .exhausted)
        #expect(budget.spent == Self.maximum)
    }
}
