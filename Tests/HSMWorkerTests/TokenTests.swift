import FoundationEssentials
import HSMClient
import HSMWorkerProtocol
import KMSCore
import KMSTesting
import Testing

@Suite(.serialized) struct `A token that is not what it was` {
    @Test func `with the ids of two keys exchanged never gives the wrong key`() async throws {
        let rig = try await Rig.ready()
        let a = try await rig.newKey()
        let b = try await rig.newKey()
        let sealedA = try await rig.seal(Array("for A".utf8), with: a)
        let sealedB = try await rig.seal(Array("for B".utf8), with: b)
        try await Program.offPool {
            let spare = ObjectID.random()
            for (from, to) in [(a.object, spare), (b.object, a.object), (spare, b.object)] {
                try rig.token.pkcs11Tool("--type", "secrkey", "--id", "\(from)", "--set-id", "\(to)")
            }
        }
        // Everybody looks anew, as after a restart.
        try await rig.client.forgetKey(a.object)
        try await rig.client.forgetKey(b.object)
        for (key, sealed) in [(a, sealedA), (b, sealedB)] {
            await expect(.materialMissing, "no ciphertext comes out under the wrong key") {
                _ = try await rig.seal([1], with: key)
            }
            let error = await expect(.materialMissing, "nor is it the ciphertext's fault") {
                _ = try await rig.open(sealed, with: key)
            }
            #expect(error?.cause?.contains("does not fit its check value") == true)
            await expect(.materialMissing) { try await rig.client.verifyKey(key) }
            await expect(.materialMissing) {
                _ = try await rig.client.generateDataKey(32, authenticating: [], with: key)
            }
        }
        #expect(try await rig.client.inventory() == [a.object, b.object])
    }

    @Test func `between two generations gives each key its own handle`() async throws {
        let rig = try await Rig.ready { $0.settings.profile.workers = 1 }
        let keys = [try await rig.newKey(), try await rig.newKey()]
        // SoftHSM counts handles from small numbers in every life: the first key used has the same one each time.
        let sealed = [try await rig.seal([0], with: keys[0]), try await rig.seal([1], with: keys[1])]
        for round in 0..<3 {
            let old = rig.workers
            Rig.kill(old)
            try await waitUntil("a new generation") { rig.workers.count == 1 && rig.workers != old }
            for index in [round % 2, 1 - round % 2] {
                #expect(try await rig.open(sealed[index], with: keys[index]) == [UInt8(index)])
                await expect(.invalidCiphertext) { _ = try await rig.open(sealed[1 - index], with: keys[index]) }
            }
        }
    }

    @Test func `with two objects of one id is refused: neither is taken`() async throws {
        let rig = try await Rig.ready()
        let key = try await rig.newKey()
        try await Program.offPool {
            _ = try rig.token.pkcs11Tool(
                "--keygen", "--key-type", "AES:32", "--id", "\(key.object)", "--label", "strongroom", "--sensitive"
            )
        }
        let error = await expect(.materialMissing) { _ = try await rig.seal([1], with: key) }
        #expect(error?.cause?.contains("2 objects") == true, "\(error?.cause ?? "")")
    }

    @Test func `with an extractable key under our id is refused`() async throws {
        let rig = try await Rig.ready()
        let known = try await rig.newKey()
        let planted = MaterialReference(object: .random(), checkValue: known.checkValue)
        try await Program.offPool {
            _ = try rig.token.pkcs11Tool(
                "--keygen", "--key-type", "AES:32", "--id", "\(planted.object)", "--label", "strongroom", "--sensitive",
                "--private", "--extractable", "--usage-decrypt"
            )
        }
        let error = await expect(.materialMissing) { _ = try await rig.seal([1], with: planted) }
        #expect(error?.cause?.contains("did not keep extractable") == true, "\(error?.cause ?? "")")
    }

    @Test(arguments: [true, false])
    func `shows its keys as sensitive, never extractable and of no other use`(sessionCopies: Bool) async throws {
        let rig = try await Rig.ready { $0.settings.profile.sessionCopies = sessionCopies }
        let key = try await rig.newKey()
        _ = try await rig.seal([1], with: key)
        let listing = try await Program.offPool { try rig.token.pkcs11Tool("--list-objects", "--type", "secrkey") }
        #expect(listing.contains("\(key.object)"))
        #expect(listing.contains("Access:     sensitive, always sensitive, never extractable, local"), "\(listing)")
        #expect(listing.contains("Usage:      encrypt, decrypt\n"), "\(listing)")
        #expect(try rig.token.objectFiles.count == 1, "a session copy is no object of the token")
        await #expect(throws: Program.Failure.self, "nobody reads the key's value") {
            try await Program.offPool {
                try rig.token.pkcs11Tool("--read-object", "--type", "secrkey", "--id", "\(key.object)")
            }
        }
    }

    @Test func `destroyed by another program is missing material, copies and all, once it is looked at anew`()
        async throws
    {
        let rig = try await Rig.ready { $0.settings.profile.sessionCopies = false }
        let key = try await rig.newKey()
        let sealed = try await rig.seal([1], with: key)
        try await Program.offPool {
            _ = try rig.token.pkcs11Tool("--delete-object", "--type", "secrkey", "--id", "\(key.object)")
        }
        await expect(.materialMissing) { _ = try await rig.open(sealed, with: key) }
        await expect(.materialMissing) { try await rig.client.verifyKey(key) }
    }

    @Test(arguments: [
        (HSMProfile.GCMIVSource.appended, false), (HSMProfile.GCMIVSource.writtenBack, true),
    ])
    func `makes no IVs where the profile says that it does: no worker serves`(
        source: HSMProfile.GCMIVSource, zeroIV: Bool
    ) async throws {
        let rig = try await Program.offPool {
            try Rig {
                $0.settings.profile.gcmIV = source
                $0.settings.profile.zeroIV = zeroIV
            }
        }
        // SoftHSM takes an empty IV and one of zeros for what they are, and would use them again and again.
        let error = await expect(.keyUnavailable) { _ = try await rig.newKey() }
        #expect(error?.cause?.contains("gcmIV \(source.rawValue)") == true, "\(error?.cause ?? "")")
        #expect(try rig.token.objectFiles.isEmpty)
    }

    @Test func `lists every key of many`() async throws {
        let rig = try await Rig.ready { $0.settings.profile.workers = 1 }
        var made: Set<ObjectID> = []
        for _ in 0..<25 { made.insert(try await rig.newKey().object) }
        #expect(try await rig.client.inventory() == made)
    }
}

@Suite(.serialized) struct `A token that is away` {
    private func expectRecovery(_ rig: Rig) async throws {
        try await waitUntil("service, without a restart", seconds: 8) { await rig.serves() }
        // Keys are made by the first worker, which may be a step behind the other.
        var key: MaterialReference?
        try await waitUntil("a new key, without a restart", seconds: 8) {
            key = try? await rig.newKey()
            return key != nil
        }
        #expect(await rig.serves(key))
    }

    private func expectFailFast(_ rig: Rig, cause text: String) async throws {
        try await waitUntil("it is known to be down", seconds: 5) {
            do throws(KMSError) {
                try await rig.client.checkHealth()
                return false
            } catch {
                return error.code == .keyUnavailable && error.cause?.contains(text) == true
            }
        }
        let start = ContinuousClock.now
        for _ in 0..<100 { await expect(.keyUnavailable) { try await rig.client.checkHealth() } }
        #expect(ContinuousClock.now - start < .seconds(1), "while it is down, nobody waits")
    }

    @Test func `because its module is missing fails fast, and serves when the module appears`() async throws {
        let rig = try await Program.offPool {
            try Rig { $0.settings.modulePath = ($0.environment["SOFTHSM2_CONF"] ?? "") + ".module.so" }
        }
        try await expectFailFast(rig, cause: "cannot be loaded")
        try FileManager.default.createSymbolicLink(
            atPath: rig.configuration.settings.modulePath, withDestinationPath: try SoftHSMToken.modulePath
        )
        try await expectRecovery(rig)
    }

    @Test func `at the start is waited for, as a network HSM is`() async throws {
        let rig = try await Program.offPool { try Rig(prepare: { try $0.moveAway() }) }
        try await expectFailFast(rig, cause: "C_Initialize")
        try rig.token.moveBack()
        try await expectRecovery(rig)
    }

    @Test func `because the store has another one is waited for too`() async throws {
        let rig = try await Program.offPool {
            try Rig { $0.settings.tokenURI = "pkcs11:token=late" }
        }
        try await expectFailFast(rig, cause: "no token of the module matches")
        try await Program.offPool { try rig.token.addToken(label: "late") }
        try await expectRecovery(rig)
    }

    @Test func `because the worker's program is missing fails fast`() async throws {
        let rig = try await Program.offPool { try Rig { $0.workerProgram = "/nowhere/strongroom-hsm-worker" } }
        try await expectFailFast(rig, cause: "cannot be started")
    }

    @Test func `because two have its name is refused with a hint`() async throws {
        let rig = try await Program.offPool { try Rig(prepare: { try $0.addToken(label: $0.label) }) }
        try await expectFailFast(rig, cause: "2 tokens match")
    }
}
