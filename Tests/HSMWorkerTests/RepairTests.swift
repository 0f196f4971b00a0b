import HSMWorkerProtocol
import KMSCore
import KMSTesting
import SecureMemory
import Testing

@testable import HSMClient

/// The rungs of the repair ladder that a worker takes by itself, with a module that fails as it is told to.
@Suite(.serialized) struct `A worker whose module fails` {
    // MARK: Sessions

    @Test func `closes a session on which a call failed before it opens another, and the client sees nothing`()
        async throws
    {
        let repair = try await RepairRig.ready(rules: ["maxsess 2"])
        let key = try await repair.rig.newKey()
        let worker = repair.rig.workers
        for fault in ["C_EncryptInit 0xb3", "C_Encrypt 0xb0", "C_Encrypt 0x90", "C_EncryptInit 0x91"] {
            repair.faults.forgetCalls()
            try repair.faults.obey("maxsess 2", "rv \(fault) times 1")
            _ = try await repair.rig.seal([1], with: key)
            let calls = repair.faults.calls.map(\.function).filter { $0.hasSuffix("Session") }
            #expect(calls == ["C_CloseSession", "C_OpenSession"], "\(fault)")
        }
        #expect(repair.rig.workers == worker)
    }

    @Test func `does not mind that a session cannot be closed`() async throws {
        let repair = try await RepairRig.ready()
        let key = try await repair.rig.newKey()
        let worker = repair.rig.workers
        try repair.faults.obey("rv C_Encrypt 0xb3 every 3", "rv C_CloseSession 0xb3")
        for index in 0..<20 { _ = try await repair.rig.seal([UInt8(index)], with: key) }
        #expect(repair.rig.workers == worker)
    }

    @Test func `is never stuck in an operation that failed in its middle`() async throws {
        let repair = try await RepairRig.ready()
        let key = try await repair.rig.newKey()
        let sealed = try await repair.rig.seal([1], with: key)
        try repair.faults.obey(
            "rv C_Encrypt 0xb3 skip 5 every 10", "rv C_FindObjects 0xb3 times 1", "rv C_Decrypt 0xb3 skip 9 every 7")
        repair.faults.forgetCalls()
        try await repair.rig.forget(key)
        for index in 0..<500 {
            _ = try await repair.rig.seal([UInt8(index & 255)], with: key)
            #expect(try await repair.rig.open(sealed, with: key) == [1])
        }
        let stuck = repair.faults.calls.filter { $0.returnValue == 0x90 }
        #expect(stuck.isEmpty, "\(stuck.count) calls met an operation that was active")
        let begun = repair.faults.calls(of: "C_FindObjectsInit").count
        #expect(repair.faults.calls(of: "C_FindObjectsFinal").count == begun, "each search is ended")
    }

    @Test func `ends when nothing but a new one is left to try`() async throws {
        let repair = try await RepairRig.ready()
        let key = try await repair.rig.newKey()
        let worker = repair.rig.workers
        try repair.faults.obey("rv C_EncryptInit 0xb3")
        for _ in 0..<3 { await expect(.keyUnavailable) { _ = try await repair.rig.seal([1], with: key) } }
        try repair.faults.clear()
        try await waitUntil("another one") {
            let workers = repair.rig.workers
            return workers.count == 1 && workers != worker
        }
        try await waitUntil("that serves") { await repair.rig.serves(key) }
    }

    // MARK: Login

    @Test func `logs in once more when the login is gone, exactly once, and the client sees nothing`() async throws {
        let repair = try await RepairRig.ready()
        let key = try await repair.rig.newKey()
        let worker = repair.rig.workers
        repair.faults.forgetCalls()
        try repair.faults.obey("rv C_Encrypt 0x101 times 1")
        _ = try await repair.rig.seal([1], with: key)
        #expect(repair.faults.calls(of: "C_Login").count == 1)
        #expect(repair.answers(of: "C_Login") == [0x100], "which is success")
        #expect(repair.rig.workers == worker)
        let status = try await repair.status()
        #expect(status.logins == 2)
        #expect(status.repairs["login"] == 1)
        #expect(status.returnValues["C_Encrypt CKR_USER_NOT_LOGGED_IN"] == 1)
    }

    @Test func `logs in once for all lanes when it is logged out in truth`() async throws {
        let repair = try await RepairRig.ready {
            $0.settings.profile.lanes = 4
            $0.settings.profile.sessionCopies = false
        }
        let keys = [try await repair.rig.newKey(), try await repair.rig.newKey()]
        let worker = repair.rig.workers
        repair.faults.forgetCalls()
        try repair.faults.obey("endlogin")
        try await withThrowingTaskGroup(of: Void.self) { group in
            for index in 0..<40 { group.addTask { _ = try await repair.rig.seal([1], with: keys[index % 2]) } }
            try await group.waitForAll()
        }
        #expect(repair.answers(of: "C_Login") == [0])
        #expect(repair.rig.workers == worker)
        #expect(repair.answers(of: "C_Logout", "C_CloseAllSessions").isEmpty)
    }

    @Test func `never takes what is hidden without a login for what is destroyed`() async throws {
        let repair = try await RepairRig.ready()
        let key = try await repair.rig.newKey()
        try repair.faults.obey("endlogin")
        try await repair.client.destroyKey(key.object)
        #expect(try await repair.client.inventory() == [])
        #expect(try repair.rig.token.objectFiles.isEmpty, "it is destroyed in truth")
        let other = try await repair.rig.newKey()
        try repair.faults.obey("endlogin")
        #expect(try await repair.client.inventory() == [other.object])
    }

    @Test func `whose PIN cannot be read a second time ends, and another one logs in`() async throws {
        let repair = try await RepairRig.ready {
            guard case .file(let path) = $0.settings.pinSource else { return }
            $0.settings.pinSource = .command(["/bin/cat", path])
        }
        let key = try await repair.rig.newKey()
        let worker = repair.rig.workers
        try repair.faults.obey("rv C_Encrypt 0x101 times 1 shared")
        try await waitUntil("served") { await repair.rig.serves(key) }
        #expect(repair.rig.workers != worker)
    }

    @Test func `reads the PIN before the module begins its life, and starts nothing afterwards`() async throws {
        let log = try SoftHSMToken()
        let repair = try await RepairRig.ready {
            guard case .file(let path) = $0.settings.pinSource, let file = $0.environment["FAULT_MODULE_LOG"] else {
                return
            }
            $0.settings.pinSource = .command(
                ["/bin/sh", "-c", "cat \(file) > \(log.folder)/seen 2>/dev/null; cat \(path)"])
        }
        _ = try await repair.rig.newKey()
        #expect(Rig.file(log.folder + "/seen").isEmpty, "no function had been called")
        #expect(!repair.faults.calls(of: "C_Initialize").isEmpty)
    }

    // MARK: The anchor

    @Test func `whose sessions all died has a new login and new copies, and the client sees nothing`() async throws {
        let repair = try await RepairRig.ready { $0.settings.profile.keepAlive = 0.4 }
        let key = try await repair.rig.newKey()
        let sealed = try await repair.rig.seal([7], with: key)
        let worker = repair.rig.workers
        try repair.faults.obey("endsessions")
        #expect(try await repair.rig.open(sealed, with: key) == [7])
        repair.faults.forgetCalls()
        try await waitUntil("the anchor is looked at") {
            repair.faults.calls(of: "C_OpenSession").count >= 1
        }
        #expect(try await repair.rig.open(sealed, with: key) == [7])
        _ = try await repair.rig.newKey()
        #expect(repair.rig.workers == worker)
    }

    // MARK: Idle sessions

    @Test func `uses idle sessions before they die of it`() async throws {
        let repair = try await RepairRig.ready(rules: ["idle 2"]) {
            $0.settings.profile.keepAlive = 1
            $0.settings.profile.lanes = 3
        }
        let key = try await repair.rig.newKey()
        let worker = repair.rig.workers
        _ = try await repair.rig.seal([1], with: key)
        repair.faults.forgetCalls()
        try await Task.sleep(for: .seconds(5))
        for _ in 0..<9 { _ = try await repair.rig.seal([1], with: key) }
        #expect(!repair.faults.calls.map(\.returnValue).contains(0xb3), "no session has died")
        #expect(repair.rig.workers == worker)
    }

    @Test func `replaces sessions that died idle before a request meets them`() async throws {
        let repair = try await RepairRig.ready {
            $0.settings.profile.keepAlive = 0.6
            $0.settings.profile.lanes = 3
        }
        let key = try await repair.rig.newKey()
        try repair.faults.obey("endsessions")
        repair.faults.forgetCalls()
        try await waitUntil("all four are replaced") { repair.faults.calls(of: "C_OpenSession").count >= 4 }
        repair.faults.forgetCalls()
        try await waitUntil("used again") { await repair.rig.serves(key) }
        #expect(!repair.answers(of: "C_EncryptInit", "C_Encrypt").contains(0xb3))
    }

    // MARK: Capacity

    @Test func `whose token has no room tells so, goes on, and makes the key once there is room`() async throws {
        let repair = try await RepairRig.ready()
        let key = try await repair.rig.newKey()
        let worker = repair.rig.workers
        for value in ["0x31", "0x2"] {
            try repair.faults.obey("rv C_GenerateKey \(value)")
            await expect(.keyUnavailable) { _ = try await repair.rig.newKey() }
            #expect(await repair.rig.serves(key))
        }
        try repair.faults.clear()
        _ = try await repair.rig.newKey()
        #expect(repair.rig.workers == worker)
        #expect(try await repair.client.inventory().count == 2)
    }

    @Test func `gives its session copies up when the token's memory is short`() async throws {
        let repair = try await RepairRig.ready()
        let key = try await repair.rig.newKey()
        _ = try await repair.rig.seal([1], with: key)
        #expect(try await repair.status().copies == 1)
        repair.faults.forgetCalls()
        try repair.faults.obey("rv C_EncryptInit 0x2 times 1")
        _ = try await repair.rig.seal([1], with: key)
        let status = try await repair.status()
        #expect(status.copies == 0)
        #expect(status.keys == 1)
        #expect(repair.answers(of: "C_DestroyObject") == [0])
    }

    @Test(arguments: ["", " told"])
    func `keeps to the sessions that there are, and serves many clients with them`(told: String) async throws {
        let repair = try await RepairRig.ready(rules: ["maxsess 3\(told)"]) {
            $0.settings.profile.lanes = 8
            $0.settings.profile.keepAlive = 1
        }
        let key = try await repair.rig.newKey()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<64 {
                group.addTask { for _ in 0..<20 { _ = try await repair.rig.seal([1], with: key) } }
            }
            try await group.waitForAll()
        }
        #expect(try await repair.status().sessions <= 3)
        let refused = repair.answers(of: "C_OpenSession").contains(0xb1)
        #expect(refused == told.isEmpty, "what it was told it does not try")
    }

    @Test func `without room for a second session says what to do about it`() async throws {
        let told = try RepairRig(rules: ["maxsess 1 told"])
        let reason = await told.refusal()
        #expect(reason.contains("needs two sessions") && reason.contains("set fewer workers"), "\(reason)")
        let untold = try RepairRig(rules: ["maxsess 1"])
        let other = await untold.refusal()
        #expect(other.contains("no second session"), "\(other)")
    }

    @Test func `shares the profile's sessions with the other workers`() async throws {
        let repair = try await RepairRig.ready {
            $0.settings.profile.workers = 2
            $0.settings.profile.lanes = 8
            $0.settings.profile.sessionLimit = 6
        }
        #expect(try await repair.client.tokenReport().lanes == 2)
    }

    // MARK: Objects

    @Test func `looks a key up anew when its handle is dead`() async throws {
        let repair = try await RepairRig.ready()
        let key = try await repair.rig.newKey()
        _ = try await repair.rig.seal([1], with: key)
        let worker = repair.rig.workers
        for value in ["0x82", "0x60"] {
            try repair.faults.obey("rv C_EncryptInit \(value) times 1")
            repair.faults.forgetCalls()
            _ = try await repair.rig.seal([1], with: key)
            #expect(repair.faults.calls(of: "C_FindObjectsInit").count == 1)
        }
        #expect(repair.rig.workers == worker)
        #expect(try await repair.status().repairs["object"] == 2)
    }

    @Test func `begins anew when the token shows nothing at all any more, and takes nothing for destroyed`()
        async throws
    {
        let repair = try await RepairRig.ready()
        let kept = try await repair.rig.newKey()
        let lost = try await repair.rig.newKey()
        let worker = repair.rig.workers
        // A young worker has just seen the token.
        try await Task.sleep(for: .seconds(2.1))
        try repair.faults.obey("loseobjects \(lost.object)")
        try await repair.rig.forget(lost)
        await expect(.materialMissing) { _ = try await repair.rig.seal([1], with: lost) }
        #expect(await repair.rig.serves(kept))
        try repair.faults.obey("loseobjects")
        try await repair.rig.forget(kept)
        await expect(.materialMissing, "as the next one sees it") { _ = try await repair.rig.seal([1], with: kept) }
        #expect(repair.rig.workers != worker)
        try repair.faults.clear()
        #expect(await repair.rig.serves(kept))
        #expect(await repair.rig.serves(lost), "nothing was destroyed")
        #expect(try await repair.client.inventory() == [kept.object, lost.object])
    }

    @Test func `notices by its canary that the token is gone, though its functions go on to answer`() async throws {
        let repair = try await RepairRig.ready()
        let key = try await repair.rig.newKey()
        _ = try await repair.rig.seal([1], with: key)
        let worker = repair.rig.workers
        try await Task.sleep(for: .seconds(2.1))
        try repair.faults.obey("rv C_GetAttributeValue 0x82", "loseobjects")
        _ = try? await repair.client.checkHealth()
        try await waitUntil("another one") { repair.rig.workers != worker }
        try repair.faults.clear()
        try await waitUntil("served") { await repair.rig.serves(key) }
    }

    // MARK: Ciphertexts

    @Test(arguments: ["0x5", "0x6", "0x40", "0x41", "0x20", "0x21", "0x30", "0x80000001"])
    func `tells a bad ciphertext from a broken token, whatever the module answers`(value: String) async throws {
        let repair = try await RepairRig.ready(rules: ["rvmap C_Decrypt 0x5 \(value)"]) {
            $0.settings.profile.decryptFailureCodes = []
        }
        let key = try await repair.rig.newKey()
        let sealed = try await repair.rig.seal([1, 2, 3], with: key)
        let worker = repair.rig.workers
        for index in 0..<20 {
            var bad = sealed.bytes
            bad[index % bad.count] ^= 1
            let tampered = try #require(SealedBytes(bad))
            await expect(.invalidCiphertext) { _ = try await repair.rig.open(tampered, with: key) }
            #expect(try await repair.rig.open(sealed, with: key) == [1, 2, 3])
        }
        #expect(repair.rig.workers == worker)
    }

    @Test(arguments: ["0x5", "0x6", "0x30"], [1, 2])
    func `does not call a ciphertext bad that failed by chance`(value: String, times: Int) async throws {
        let repair = try await RepairRig.ready()
        let key = try await repair.rig.newKey()
        let sealed = try await repair.rig.seal([1, 2, 3], with: key)
        try repair.faults.obey("rv C_Decrypt \(value) times \(times)")
        #expect(try await repair.rig.open(sealed, with: key) == [1, 2, 3])
    }

    @Test func `ends when no ciphertext can be decrypted any more, not even its own`() async throws {
        let repair = try await RepairRig.ready()
        let key = try await repair.rig.newKey()
        let sealed = try await repair.rig.seal([1, 2, 3], with: key)
        let worker = repair.rig.workers
        try repair.faults.obey("rv C_Decrypt 0x5")
        let error = await #expect(throws: KMSError.self) { _ = try await repair.rig.open(sealed, with: key) }
        #expect(error?.code.isRetryable == true, "\(String(describing: error))")
        try repair.faults.clear()
        try await waitUntil("served by another one") {
            await repair.rig.serves(key) && repair.rig.workers != worker
        }
        #expect(try await repair.rig.open(sealed, with: key) == [1, 2, 3])
    }

    @Test func `takes no other key for the one that is asked for, and stays`() async throws {
        let repair = try await RepairRig.ready()
        let keys = [try await repair.rig.newKey(), try await repair.rig.newKey()]
        let sealed = try await repair.rig.seal([1], with: keys[0])
        let worker = repair.rig.workers
        for rule in ["swapobjects", "misfind"] {
            try repair.faults.obey("\(rule) \(keys[0].object) \(keys[1].object)")
            for key in keys { try await repair.rig.forget(key) }
            for _ in 0..<3 {
                await expect(.materialMissing) { _ = try await repair.rig.open(sealed, with: keys[0]) }
                await expect(.materialMissing) { _ = try await repair.rig.seal([1], with: keys[1]) }
            }
        }
        #expect(repair.rig.workers == worker)
        try repair.faults.clear()
        #expect(try await repair.rig.open(sealed, with: keys[0]) == [1])
    }

    // MARK: Creation

    @Test(arguments: ["rv", "rvafter"], ["0x5", "0xd1"])
    func `makes a key once more when that failed as it does beside a search, and leaves no orphan`(
        fault: String, value: String
    ) async throws {
        let repair = try await RepairRig.ready()
        let worker = repair.rig.workers
        try repair.faults.obey("\(fault) C_GenerateKey \(value) times 1")
        let key = try await repair.rig.newKey()
        #expect(await repair.rig.serves(key))
        #expect(try await repair.client.inventory() == [key.object])
        #expect(try repair.rig.token.objectFiles.count == 1)
        #expect(repair.rig.workers == worker)
    }

    @Test func `that cannot make a key leaves nothing of it`() async throws {
        let repair = try await RepairRig.ready()
        for fault in ["rvafter C_GenerateKey 0xd1", "rvafter C_GenerateKey 0x31", "rv C_EncryptInit 0x70"] {
            try repair.faults.obey(fault)
            await #expect(throws: KMSError.self, "\(fault)") { _ = try await repair.rig.newKey() }
        }
        try repair.faults.clear()
        #expect(try await repair.client.inventory() == [])
        #expect(try repair.rig.token.objectFiles.isEmpty)
    }

    // MARK: Locking

    @Test func `that cannot lock is called by one thread`() async throws {
        let repair = try await RepairRig.ready(rules: ["cantlock"]) {
            $0.settings.profile.lanes = 8
            $0.settings.profile.keepAlive = 0.4
        }
        #expect(try await repair.client.tokenReport().lanes == 1)
        let key = try await repair.rig.newKey()
        #expect(await repair.rig.serves(key))
        #expect(repair.answers(of: "C_Initialize") == [0xa, 0])
    }

    @Test func `that says in a new process that it is initialised already gets an explanation`() async throws {
        let repair = try RepairRig(rules: ["rv C_Initialize 0x191"])
        let reason = await repair.refusal()
        #expect(reason.contains("initialised already") && reason.contains("proxy"), "\(reason)")
    }

    // MARK: Profiles

    @Test func `is believed as the profile says`() async throws {
        let repair = try await RepairRig.ready {
            $0.settings.profile.returnValues = [
                "0x30": .session, "C_GenerateRandom CKR_ARGUMENTS_BAD": .capacity, "0x80000321": .refused,
            ]
        }
        let key = try await repair.rig.newKey()
        let worker = repair.rig.workers
        try repair.faults.obey("rv C_Encrypt 0x30 times 1")
        _ = try await repair.rig.seal([1], with: key)
        try repair.faults.obey("rv C_GenerateRandom 0x7")
        await expect(.keyUnavailable) { _ = try await repair.client.generateRandom(16) }
        try repair.faults.obey("rv C_GenerateKey 0x7")
        await expect(.internalFailure, "of other functions it says nothing") { _ = try await repair.rig.newKey() }
        try repair.faults.obey("rv C_GenerateRandom 0x80000321")
        await expect(.internalFailure) { _ = try await repair.client.generateRandom(16) }
        #expect(repair.rig.workers == worker)
        let misspelled = try RepairRig { $0.settings.profile.returnValues = ["CKR_DEVICE_EROR": .session] }
        let reason = await misspelled.refusal()
        #expect(reason.contains("CKR_DEVICE_EROR") && reason.contains("returnValues"), "\(reason)")
    }

    // MARK: Self-test

    @Test(arguments: [
        ("gcmiv same", HSMProfile.GCMIVSource.caller), ("gcmiv append", .caller), ("gcmiv append", .writtenBack),
        ("gcmiv same", .writtenBack), ("constrandom", .caller), ("", .appended),
    ])
    func `is not started with a gcmIV that would give keys away, or ciphertexts that nobody opens`(
        rule: String, source: HSMProfile.GCMIVSource
    ) async throws {
        let repair = try RepairRig(rules: [rule]) {
            $0.settings.profile.gcmIV = source
            $0.settings.profile.zeroIV = source == .writtenBack
        }
        let reason = await repair.refusal()
        #expect(reason.contains("gcmIV"), "\(reason)")
        #expect(try repair.rig.token.objectFiles.isEmpty)
    }

    @Test(arguments: [
        ("gcmiv back", HSMProfile.GCMIVSource.writtenBack), ("gcmiv zero", .writtenBack), ("gcmiv append", .appended),
    ])
    func `is started with the gcmIV that is right, and no IV comes twice`(
        rule: String, source: HSMProfile.GCMIVSource
    ) async throws {
        let repair = try await RepairRig.ready(rules: [rule]) {
            $0.settings.profile.gcmIV = source
            $0.settings.profile.zeroIV = source == .writtenBack
        }
        let key = try await repair.rig.newKey()
        var ivs: Set<[UInt8]> = []
        for _ in 0..<500 {
            let sealed = try await repair.rig.seal([1, 2, 3], with: key)
            ivs.insert(Array(sealed.bytes.prefix(12)))
            #expect(try await repair.rig.open(sealed, with: key) == [1, 2, 3])
        }
        #expect(ivs.count == 500)
    }

    @Test(arguments: ["forceattr 0x162 1", "forceattr 0x103 0", "lieattr 0x164 0"])
    func `is not started when it does not keep its keys in`(rule: String) async throws {
        let repair = try RepairRig(rules: [rule])
        let reason = await repair.refusal()
        #expect(reason.contains("does not keep its keys in"), "\(reason)")
    }

    @Test func `that begins to make extractable keys later makes none for us`() async throws {
        let repair = try await RepairRig.ready()
        try repair.faults.obey("forceattr 0x162 1")
        await expect(.internalFailure) { _ = try await repair.rig.newKey() }
        try repair.faults.clear()
        #expect(try repair.rig.token.objectFiles.isEmpty, "the one that it made is destroyed")
    }
}
