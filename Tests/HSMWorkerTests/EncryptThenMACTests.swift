import FoundationEssentials
import HSMWorkerProtocol
import KMSCore
import KMSTesting
import SecureMemory
import Testing

@testable import HSMClient

extension Rig {
    /// A token without AES-GCM that has AES-CBC, and a profile that lets encrypt-then-MAC stand in.
    static func encryptingThenMACing(
        edit: @escaping @Sendable (inout HSMClientConfiguration) -> Void = { _ in }, without: Set<String> = []
    ) async throws -> Rig {
        try await Rig.ready(
            edit: {
                $0.settings.profile.encryptThenMAC = true
                edit(&$0)
            }, without: without.union(["CKM_AES_GCM"]), with: ["CKM_AES_CBC"])
    }

    /// The lines of `pkcs11-tool --list-objects` about secret keys of this id.
    fileprivate func listing(_ id: ObjectID) async throws -> [String] {
        let all = try await Program.offPool { try self.token.pkcs11Tool("--list-objects", "--type", "secrkey") }
        return all.split(separator: "Secret Key Object; ").map(String.init).filter { $0.contains("\(id)") }
    }

    /// Gives the first object that the token shows of `id` another one.
    fileprivate func rename(_ id: ObjectID, to other: ObjectID) async throws {
        _ = try await Program.offPool {
            try self.token.pkcs11Tool("--type", "secrkey", "--id", "\(id)", "--set-id", "\(other)")
        }
    }
}

@Suite struct `The key backend contract by encrypt-then-MAC` {
    private static let sessionCopies = SharedETMRig { $0.settings.profile.callTimeout = 60 }
    private static let tokenObjects = SharedETMRig {
        $0.settings.profile.callTimeout = 60
        $0.settings.profile.sessionCopies = false
        $0.settings.profile.workers = 1
        $0.settings.profile.lanes = 4
    }

    /// Symmetric material alone is not imported.
    private static let missing = [
        KeyBackendContract.Ability.importing(.symmetricDefault, .encryptDecrypt): "CKM_AES_GCM"
    ]

    @Test(arguments: KeyBackendContract.facts)
    func `holds through session copies`(fact: KeyBackendContract.Fact) async throws {
        try await KeyBackendContract(Self.sessionCopies.rig.client, missing: Self.missing).check(fact)
    }

    @Test(arguments: KeyBackendContract.symmetricFacts)
    func `holds through the token's objects`(fact: KeyBackendContract.Fact) async throws {
        try await KeyBackendContract(Self.tokenObjects.rig.client).check(fact)
    }

    @Test func `is held by keys that do encrypt, then authenticate`() async throws {
        for shared in [Self.sessionCopies, Self.tokenObjects] {
            let rig = try await shared.rig
            #expect(rig.client.sealingScheme(of: try await rig.newKey()) == .encryptThenMAC)
        }
    }
}

private actor SharedETMRig {
    private var task: Task<Rig, any Error>?
    private let edit: @Sendable (inout HSMClientConfiguration) -> Void

    init(_ edit: @escaping @Sendable (inout HSMClientConfiguration) -> Void) { self.edit = edit }

    var rig: Rig {
        get async throws {
            let edit = edit
            let task = task ?? Task { try await Rig.encryptingThenMACing(edit: edit) }
            self.task = task
            return try await task.value
        }
    }
}

@Suite(.serialized) struct `Encrypt-then-MAC` {
    @Test func `makes two objects of one id, each for its one use, and copies of both`() async throws {
        for sessionCopies in [true, false] {
            let rig = try await Rig.encryptingThenMACing { $0.settings.profile.sessionCopies = sessionCopies }
            let key = try await rig.newKey()
            #expect(rig.client.sealingScheme(of: key) == .encryptThenMAC)
            _ = try await rig.seal([1], with: key)
            let objects = try await rig.listing(key.object)
            #expect(objects.count == 2, "\(objects)")
            let encrypting = try #require(objects.first { $0.hasPrefix("AES length 32") })
            let authenticating = try #require(objects.first { $0.hasPrefix("Generic secret length 32") })
            #expect(encrypting.contains("Usage:      encrypt, decrypt\n"), "\(encrypting)")
            #expect(authenticating.contains("Usage:      none\n") || authenticating.contains("Usage:      sign\n"))
            for object in objects {
                #expect(
                    object.contains("Access:     sensitive, always sensitive, never extractable, local"), "\(object)")
            }
            #expect(try await rig.client.inventory() == [key.object], "and they are one key")
            #expect(try rig.token.objectFiles.count == 2, "a session copy is no object of the token")
            try await rig.client.destroyKey(key.object)
            #expect(try rig.token.objectFiles.isEmpty)
            try await rig.client.destroyKey(key.object)
        }
    }

    @Test func `writes what docs/ciphertext-format.md says, as the token itself confirms by another program`()
        async throws
    {
        let rig = try await Rig.encryptingThenMACing()
        let key = try await rig.newKey()
        for size in [0, 14, 16, 4096] {
            let (plaintext, aad) = ([UInt8].random(size), [UInt8].random(60))
            let sealed = try await rig.seal(plaintext, aad, with: key).bytes
            let (iv, ciphertext, tag) = (sealed[..<16], sealed[16..<(sealed.count - 32)], sealed.suffix(32))
            let lengths = [aad.count, ciphertext.count].flatMap { count in
                (0..<4).map { UInt8(truncatingIfNeeded: count >> (24 - 8 * $0)) }
            }
            let message =
                Array("strongroom AES-256-CBC HMAC-SHA-256 version 2".utf8) + lengths + aad + iv + ciphertext
            // The tool takes the first object that it finds of an id: so each gets one of its own.
            let other = ObjectID.random()
            try await rig.rename(key.object, to: other)
            var results: [[UInt8]] = []
            for id in [key.object, other] {
                results += [
                    try? await tool(rig, message, "--sign", "--mechanism", "SHA256-HMAC", "--id", "\(id)"),
                    try? await tool(
                        rig, Array(ciphertext), "--decrypt", "--mechanism", "AES-CBC", "--id", "\(id)", "--iv",
                        Hexadecimal.encode(iv)),
                ].compactMap(\.self)
            }
            let padding = 16 - size % 16
            let padded = plaintext + [UInt8](repeating: UInt8(padding), count: padding)
            #expect(Set(results) == [Array(tag), padded], "\(size) bytes")
            try await rig.rename(other, to: key.object)
        }
    }

    /// What `pkcs11-tool` makes of `input`.
    private func tool(_ rig: Rig, _ input: [UInt8], _ arguments: String...) async throws -> [UInt8] {
        try await Program.offPool {
            let (from, to) = (rig.token.folder + "/input", rig.token.folder + "/output")
            try? FileManager.default.removeItem(atPath: to)
            try Data(input).write(to: URL(filePath: from))
            try Program.run(
                "pkcs11-tool",
                arguments: [
                    "--module", try SoftHSMToken.modulePath, "--token-label", rig.token.label, "--login", "--pin",
                    rig.token.pin, "--input-file", from, "--output-file", to,
                ] + arguments,
                environment: rig.token.environment
            )
            return Array(try Data(contentsOf: URL(filePath: to)))
        }
    }

    @Test func `decrypts nothing whose tag is cut, moved or of another ciphertext`() async throws {
        let rig = try await Rig.encryptingThenMACing()
        let key = try await rig.newKey()
        let plaintext = [UInt8].random(48)
        let sealed = try await rig.seal(plaintext, [1, 2], with: key).bytes
        let other = try await rig.seal(plaintext, [1, 2], with: key).bytes
        let end = sealed.count - 32
        let (head, blocks, tag) = (Array(sealed[..<16]), Array(sealed[16..<end]), Array(sealed[end...]))
        let exchanged: [UInt8] = Array(blocks[16..<32]) + Array(blocks[..<16]) + Array(blocks[32...])
        var wrong: [(String, [UInt8])] = []
        wrong.append(("another's tag", head + blocks + Array(other[end...])))
        wrong.append(("another's IV", Array(other[..<16]) + blocks + tag))
        wrong.append(("a block less", head + Array(blocks[16...]) + tag))
        wrong.append(("the IV twice", head + sealed))
        wrong.append(("the tag twice", sealed + tag))
        wrong.append(("zeros as tag", head + blocks + [UInt8](repeating: 0, count: 32)))
        wrong.append(("blocks exchanged", head + exchanged + tag))
        for size in 28..<sealed.count { wrong.append(("\(size) bytes", Array(sealed[..<size]))) }
        for (what, bytes) in wrong {
            let changed = try #require(SealedBytes(bytes))
            await expect(.invalidCiphertext, "\(what)") { _ = try await rig.open(changed, [1, 2], with: key) }
        }
        // One byte of the ciphertext becomes one of the AAD, and the other way round.
        let shorter = try #require(SealedBytes(blocks + tag))
        await expect(.invalidCiphertext) { _ = try await rig.open(shorter, [1, 2] + head, with: key) }
        let longer = try #require(SealedBytes([2] + sealed))
        await expect(.invalidCiphertext) { _ = try await rig.open(longer, [1], with: key) }
        #expect(try await rig.open(try #require(SealedBytes(sealed)), [1, 2], with: key) == plaintext)
        let workers = rig.workers
        #expect(workers.count == rig.configuration.settings.profile.workers, "no bad ciphertext ends a worker")
    }

    @Test func `has the token decrypt nothing whose tag is not right, so no padding tells anything`() async throws {
        let (rig, faults) = try await Self.faulty()
        let key = try await rig.newKey()
        let sealed = try await rig.seal([UInt8].random(20), with: key)
        faults.forgetCalls()
        for byte in 0..<64 {
            var bytes = sealed.bytes
            bytes[bytes.count - 33] ^= UInt8(byte + 1)
            let changed = try #require(SealedBytes(bytes))
            let error = await expect(.invalidCiphertext) { _ = try await rig.open(changed, with: key) }
            #expect(error == .invalidCiphertext, "every reason has the same error")
        }
        // The check value's, which is opened before a ciphertext is blamed, and nothing else.
        #expect(faults.calls(of: "C_Sign").count == 128)
        #expect(faults.calls(of: "C_Decrypt").count == 64)
        #expect(try await rig.open(sealed, with: key).count == 20)
    }

    @Test(arguments: ["0x40", "0x41", "0x5", "0x6"])
    func `blames no ciphertext whose tag was right for what the token then fails with`(value: String) async throws {
        let (rig, faults) = try await Self.faulty()
        let key = try await rig.newKey()
        let sealed = try await rig.seal([1, 2, 3], with: key)
        try faults.obey("rv C_Decrypt \(value) times 1")
        #expect(try await rig.open(sealed, with: key) == [1, 2, 3], "once is nothing")
        try faults.obey("rv C_Decrypt \(value)")
        let error = await #expect(throws: KMSError.self) { _ = try await rig.open(sealed, with: key) }
        #expect(error?.code != .invalidCiphertext)
        try faults.clear()
        try await waitUntil("service") { (try? await rig.open(sealed, with: key)) == [1, 2, 3] }
    }

    /// One worker, with the fault module between it and the token.
    private static func faulty() async throws -> (Rig, FaultModule) {
        let faults = try FaultModule()
        let path = try FaultModule.path
        let rig = try await Rig.encryptingThenMACing {
            $0.settings.modulePath = path
            $0.environment.merge(faults.environment) { $1 }
            $0.settings.profile.workers = 1
            $0.settings.profile.keepAlive = 0
        }
        return (rig, faults)
    }

    @Test func `that a crash leaves half made is found by its id, and removed`() async throws {
        let (rig, faults) = try await Self.faulty()
        let id = ObjectID.random()
        try faults.obey("crash C_GenerateKey skip 1")
        await #expect(throws: KMSError.self) {
            _ = try await rig.client.generateKey(.symmetricDefault, for: .encryptDecrypt, id: id)
        }
        try faults.clear()
        try await waitUntil("a new worker") { await rig.serves() }
        #expect(try rig.token.objectFiles.count == 1, "the first of the two")
        #expect(try await rig.client.inventory() == [id])
        try await rig.client.destroyKey(id)
        #expect(try rig.token.objectFiles.isEmpty)
        let again = try await rig.client.generateKey(.symmetricDefault, for: .encryptDecrypt, id: id)
        #expect(await rig.serves(MaterialReference(object: id, checkValue: again.checkValue)))
    }

    @Test func `that a refusal leaves half made is removed at once`() async throws {
        let (rig, faults) = try await Self.faulty()
        try faults.obey("rv C_GenerateKey 0x13 skip 1 times 1")
        await #expect(throws: KMSError.self) { _ = try await rig.newKey() }
        #expect(try rig.token.objectFiles.isEmpty)
        #expect(await rig.serves(try await rig.newKey()))
    }

    @Test func `with the HMAC keys of two keys exchanged gives nothing out, and blames no ciphertext`() async throws {
        let rig = try await Rig.encryptingThenMACing()
        let keys = [try await rig.newKey(), try await rig.newKey()]
        let sealed = [try await rig.seal([0], with: keys[0]), try await rig.seal([1], with: keys[1])]
        // Moves one object of each, until they are of the same kind: then the two have exchanged it.
        let spares = [ObjectID.random(), .random()]
        for (key, spare) in zip(keys, spares) { try await rig.rename(key.object, to: spare) }
        let isSame =
            try await rig.listing(spares[0])[0].hasPrefix("AES") == rig.listing(spares[1])[0].hasPrefix("AES")
        guard isSame else {
            // Then a pair of two of one kind, and that is none either.
            try await rig.rename(spares[0], to: keys[1].object)
            for key in keys { try await rig.forget(key) }
            await expect(.materialMissing) { _ = try await rig.open(sealed[1], with: keys[1]) }
            return
        }
        try await rig.rename(spares[0], to: keys[1].object)
        try await rig.rename(spares[1], to: keys[0].object)
        for key in keys { try await rig.forget(key) }
        for (key, sealed) in zip(keys, sealed) {
            await expect(.materialMissing) { _ = try await rig.open(sealed, with: key) }
            await expect(.materialMissing) { _ = try await rig.seal([1], with: key) }
            await expect(.materialMissing) { try await rig.client.verifyKey(key) }
        }
    }

    @Test func `with one of its objects gone is missing material, and destroying it takes the other`() async throws {
        let rig = try await Rig.encryptingThenMACing()
        let key = try await rig.newKey()
        let sealed = try await rig.seal([1], with: key)
        _ = try await Program.offPool {
            try rig.token.pkcs11Tool("--delete-object", "--type", "secrkey", "--id", "\(key.object)")
        }
        #expect(try rig.token.objectFiles.count == 1)
        try await rig.forget(key)
        let error = await expect(.materialMissing) { _ = try await rig.open(sealed, with: key) }
        #expect(error?.cause?.contains("1 objects") == true, "\(error?.cause ?? "")")
        // What a crash between the two creations leaves is found by its id, and removed.
        #expect(try await rig.client.inventory() == [key.object])
        try await rig.client.destroyKey(key.object)
        #expect(try rig.token.objectFiles.isEmpty)
        #expect(try await rig.client.inventory().isEmpty)
    }

    @Test func `with a third object of its id, or a weak one, is refused`() async throws {
        let rig = try await Rig.encryptingThenMACing()
        let key = try await rig.newKey()
        _ = try await Program.offPool {
            try rig.token.pkcs11Tool(
                "--keygen", "--key-type", "GENERIC:32", "--id", "\(key.object)", "--label", "strongroom", "--sensitive")
        }
        let error = await expect(.materialMissing) { _ = try await rig.seal([1], with: key) }
        #expect(error?.cause?.contains("3 objects") == true, "\(error?.cause ?? "")")

        let planted = MaterialReference(object: .random(), checkValue: key.checkValue)
        for arguments in [["AES:32", "--usage-decrypt"], ["GENERIC:32", "--usage-sign", "--extractable"]] {
            _ = try await Program.offPool {
                try rig.token.pkcs11Tool(
                    "--keygen", "--id", "\(planted.object)", "--label", "strongroom", "--sensitive", "--private",
                    "--key-type", arguments[0], arguments[1], arguments.count > 2 ? arguments[2] : "--sensitive")
            }
        }
        await expect(.materialMissing) { _ = try await rig.seal([1], with: planted) }
    }

    @Test func `is off unless the profile allows it, and then the missing mechanism is named`() async throws {
        let rig = try await Rig.ready(without: ["CKM_AES_GCM"], with: ["CKM_AES_CBC"])
        #expect(try await rig.client.tokenReport().missingMechanisms == ["CKM_AES_GCM"])
        let error = await expect(.unsupported) { _ = try await rig.newKey() }
        #expect(error?.message.contains("the token has no CKM_AES_GCM") == true, "\(error?.message ?? "")")
        #expect(try rig.token.objectFiles.isEmpty)
    }

    @Test(arguments: ["CKM_SHA256_HMAC", "CKM_GENERIC_SECRET_KEY_GEN"])
    func `names what a token lacks even for that`(mechanism: String) async throws {
        let rig = try await Rig.encryptingThenMACing(without: [mechanism])
        #expect(try await rig.client.tokenReport().missingMechanisms == [mechanism])
        let error = await expect(.unsupported) { _ = try await rig.newKey() }
        #expect(error?.message.contains("the token has no \(mechanism)") == true, "\(error?.message ?? "")")
        #expect(try rig.token.objectFiles.isEmpty)
    }

    @Test func `imports no symmetric material, and other material as ever`() async throws {
        let rig = try await Rig.encryptingThenMACing()
        let error = await expect(.unsupported) {
            try await rig.client.checkSupport(of: .symmetricDefault, for: .encryptDecrypt, imported: true)
        }
        #expect(error?.message.contains("symmetric key material cannot be imported") == true, "\(error?.message ?? "")")
        try await rig.client.checkSupport(of: .symmetricDefault, for: .encryptDecrypt, imported: false)
        try await rig.client.checkSupport(of: .hmac256, for: .generateVerifyMAC, imported: true)
        let wrappingKey = try await BackendWrappingKey(in: rig.client)
        let aes = try KnownMaterial(KnownMaterial.Kind(.symmetricDefault, .encryptDecrypt))
        let id = ObjectID.random()
        await expect(.unsupported) {
            _ = try await rig.client.importKey(
                wrappingKey.wrap(aes, "RSAES_OAEP_SHA_1"), of: aes.spec, for: aes.usage, id: id, expecting: nil)
        }
        #expect(try await !rig.client.inventory().contains(id))
        // Which takes the known answer of key wrap without AES-GCM.
        let hmac = try KnownMaterial(KnownMaterial.Kind(.hmac256, .generateVerifyMAC))
        let imported = try await rig.client.importKey(
            wrappingKey.wrap(hmac, "RSA_AES_KEY_WRAP_SHA_1"), of: hmac.spec, for: hmac.usage, id: id, expecting: nil)
        #expect(imported.place == .token)
        let key = MaterialReference(object: id, checkValue: imported.key.checkValue)
        try await hmac.expectSame(as: key, in: rig.client)
    }

    @Test func `changes no key that there is: each stays what it is when the token or the profile becomes another`()
        async throws
    {
        let rig = try await Rig.ready(edit: { $0.settings.profile.encryptThenMAC = true }, with: ["CKM_AES_CBC"])
        let gcm = try await rig.newKey()
        #expect(rig.client.sealingScheme(of: gcm) == .aesGCM, "new keys are for AES-GCM wherever the token has it")
        #expect(gcm.checkValue.count == 52)
        let sealedGCM = try await rig.seal([1], [9], with: gcm)
        try await rig.allow { $0.replacing("CKM_AES_GCM,", with: "") }
        let etm = try await rig.newKey()
        #expect(rig.client.sealingScheme(of: etm) == .encryptThenMAC)
        let sealedETM = try await rig.seal([2], [9], with: etm)
        await #expect(throws: KMSError.self, "it needs AES-GCM, which the token has no more") {
            _ = try await rig.open(sealedGCM, [9], with: gcm)
        }
        try await rig.allow { $0.replacing("slots.mechanisms = ", with: "slots.mechanisms = CKM_AES_GCM,") }
        #expect(try await rig.open(sealedGCM, [9], with: gcm) == [1])
        #expect(try await rig.open(sealedETM, [9], with: etm) == [2])
        #expect(rig.client.sealingScheme(of: try await rig.newKey()) == .aesGCM)
        for (sealed, from, to, plaintext) in [(sealedGCM, gcm, etm, [1]), (sealedETM, etm, gcm, [2])]
            as [(SealedBytes, MaterialReference, MaterialReference, [UInt8])]
        {
            let moved = try await rig.client.reEncrypt(
                sealed, authenticating: [9], with: from, authenticating: [8], with: to)
            #expect(moved.bytes.count == rig.client.sealingScheme(of: to).sealedSize(of: 1))
            #expect(try await rig.open(moved, [8], with: to) == plaintext)
            await expect(.invalidCiphertext, "never by the other scheme") {
                _ = try await rig.open(moved, [8], with: from)
            }
        }
    }
}

extension Rig {
    /// Changes what SoftHSM allows, and lets workers begin anew that see it.
    fileprivate func allow(_ edit: (String) -> String) async throws {
        let text = Self.file(token.configurationFile)
        try Data(edit(text).utf8).write(to: URL(filePath: token.configurationFile), options: .atomic)
        let old = workers
        Self.kill(old)
        try await waitUntil("a new generation") {
            client.workers.allSatisfy(\.isReady) && workers.count == old.count && Set(workers).isDisjoint(with: old)
        }
    }
}
