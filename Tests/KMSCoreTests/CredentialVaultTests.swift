import KMSCore
import KMSTesting
import SecureMemory
import Testing

@Suite struct `The vault of access keys` {
    let rig = Rig()

    private var vault: CredentialVault { CredentialVault(backend: rig.backend, metadata: rig.metadata) }

    private func secrets() async throws -> [String: [UInt8]] {
        var secrets: [String: [UInt8]] = [:]
        for key in try await rig.metadata.load().accessKeys {
            secrets[key.id] = try await vault.open(key).exposedArray
        }
        return secrets
    }

    @Test func `makes access keys as AWS's look, and opens them again`() async throws {
        var expected: [String: [UInt8]] = [:]
        for _ in 0..<3 {
            let made = try await rig.newAccessKey(vault)
            #expect(made.accessKey.id.wholeMatch(of: /AKIA[A-Z2-7]{16}/) != nil)
            let secret = String(decoding: made.secret.exposedArray, as: UTF8.self)
            #expect(secret.wholeMatch(of: /[A-Za-z0-9+\/]{40}/) != nil)
            expected[made.accessKey.id] = made.secret.exposedArray
        }
        #expect(try await secrets() == expected)
        #expect(rig.backend.objects.count == 1, "one key seals all of them")
    }

    @Test func `stores no secret in the clear`() async throws {
        let made = try await rig.newAccessKey(vault)
        let secret = made.secret.exposedArray
        let stored = try await rig.metadata.load().accessKeys[0].sealedSecret.bytes
        #expect(stored.count == SealingScheme.aesGCM.sealedSize(of: secret.count))
        #expect(!stored.indices.contains { stored[$0...].starts(with: secret.prefix(8)) })
    }

    @Test func `does not open a secret under another id or for another principal`() async throws {
        let made = try await rig.newAccessKey(vault)
        var moved = try await rig.metadata.load().accessKeys[0]
        moved.principal = CallContext.mallory.principal
        try await rig.metadata.commit([.saveAccessKey(moved)])
        await expect(.invalidCiphertext) { _ = try await secrets() }
        let renamed = AccessKey(
            id: "AKIAIOSFODNN7EXAMPLE", principal: CallContext.alice.principal, sealedSecret: moved.sealedSecret,
            isActive: true, creationDate: moved.creationDate
        )
        try await rig.metadata.commit([.removeAccessKey(id: made.accessKey.id), .saveAccessKey(renamed)])
        await expect(.invalidCiphertext) { _ = try await secrets() }
    }

    @Test(arguments: [1, 2, 3], FakeBackend.Moment.allCases)
    func `whose making failed at any commit leaves no object behind when it is made again`(
        commit: Int, moment: FakeBackend.Moment
    ) async throws {
        rig.metadata.fail(commit: commit, moment)
        await expect(.internalFailure) {
            _ = try await rig.newAccessKey(vault)
        }
        let made = try await rig.newAccessKey(vault)
        #expect(try await secrets()[made.accessKey.id] == made.secret.exposedArray)
        #expect(rig.backend.objects.count == 1)
    }

    @Test(arguments: FakeBackend.Moment.allCases)
    func `whose key could not be made makes it again`(moment: FakeBackend.Moment) async throws {
        rig.backend.fail(.generateKey, moment, with: KMSError(.dependencyTimeout, "slow"))
        await expect(.dependencyTimeout) {
            _ = try await rig.newAccessKey(vault)
        }
        _ = try await rig.newAccessKey(vault)
        #expect(try await secrets().count == 1)
        #expect(rig.backend.objects.count == 1)
    }
}
