import Foundation
import HSMWorkerProtocol
import KMSCore
import KMSTesting
import LibCrypto
import SecureMemory
import Testing

@testable import HSMClient

/// A key in an older token, made there by other means than ours.
private final class OldToken: Sendable {
    let token: SoftHSMToken

    init() throws {
        token = try SoftHSMToken(label: "old", mechanisms: nil)
    }

    func write(_ bytes: [UInt8], _ type: String, label: String, id: String, extractable: Bool = true) throws {
        let file = token.folder + "/key"
        try Data(bytes).write(to: URL(filePath: file))
        defer { try? FileManager.default.removeItem(atPath: file) }
        let kind = type == "privkey" ? [] : ["--key-type", "AES:\(bytes.count)"]
        try Program.run(
            "pkcs11-tool",
            arguments: [
                "--module", SoftHSMToken.modulePath, "--token-label", token.label, "--login", "--pin", token.pin,
                "--write-object", file, "--type", type, "--label", label, "--id", id, "--sensitive",
            ] + kind + (extractable ? ["--extractable"] : []),
            environment: token.environment
        )
    }

    func export(_ object: String, _ algorithm: String, under publicKey: [UInt8]) async throws -> ExportedKey {
        let configuration = HSMClientConfiguration(
            workerProgram: try Program.built("strongroom-hsm-worker"),
            settings: WorkerSettings(
                modulePath: try SoftHSMToken.modulePath, tokenURI: "pkcs11:token=old" + object,
                pinSource: .file(token.pinFile), profile: .softHSM
            ),
            environment: token.environment
        )
        let request = KeyExportRequest(publicKey: publicKey, algorithm: algorithm)
        return try await Program.offPool { try WorkerTask.wrapKey(request, configuration) }
    }

    /// Expects a refusal; answers it.
    func refusal(_ object: String, _ algorithm: String, under publicKey: [UInt8]) async throws -> WorkerTaskError {
        try #require(
            await #expect(throws: WorkerTaskError.self) {
                _ = try await export(object, algorithm, under: publicKey)
            })
    }
}

@Suite(.serialized) struct `A key of another token` {
    @Test(arguments: ["RSAES_OAEP_SHA_1", "RSA_AES_KEY_WRAP_SHA_1"])
    func `that is AES moves here, and nothing of it is in the answer`(algorithm: String) async throws {
        let old = try OldToken()
        let rig = try await Rig.ready()
        let known = try KnownMaterial(KnownMaterial.Kind(.symmetricDefault, .encryptDecrypt))
        try await Program.offPool { try old.write(known.bytes, "secrkey", label: "payroll", id: "0a0b") }
        let wrappingKey = try await BackendWrappingKey(.rsa3072, in: rig.client)
        let objects = try old.token.objectFiles
        for name in [";object=payroll", ";object=payroll;type=secret-key", ";id=%0a%0b"] {
            let exported = try await old.export(name, algorithm, under: wrappingKey.publicKey)
            #expect(exported.objectClass == "secret-key")
            #expect(exported.keyType == "AES")
            #expect(exported.sizeInBits == 256)
            #expect(exported.label == "payroll")
            #expect(exported.token == "old")
            #expect(
                exported.mechanisms
                    == ["CKM_RSA_PKCS_OAEP"] + (algorithm.hasPrefix("RSA_AES") ? ["CKM_AES_KEY_WRAP_PAD"] : []))
            let json = try JSONEncoder().encode(exported)
            #expect(json.firstRange(of: Data(known.bytes)) == nil)
            #expect(exported.wrapped.firstRange(of: known.bytes) == nil)
            let id = ObjectID.random()
            let imported = try await rig.client.importKey(
                wrappingKey.material(exported.wrapped, algorithm), of: .symmetricDefault, for: .encryptDecrypt,
                id: id, expecting: nil
            )
            #expect(imported.place == .token)
            let key = MaterialReference(object: id, checkValue: imported.key.checkValue)
            try await known.expectSame(as: key, in: rig.client)
        }
        #expect(try old.token.objectFiles == objects, "the old token has what it had")
    }

    @Test(arguments: [
        KnownMaterial.Kind(.rsa2048, .signVerify), KnownMaterial.Kind(.rsa4096, .encryptDecrypt),
        KnownMaterial.Kind(.p256, .signVerify), KnownMaterial.Kind(.p384, .keyAgreement),
        KnownMaterial.Kind(.p521, .signVerify), KnownMaterial.Kind(.secp256k1, .signVerify),
    ])
    func `that is a private key moves here`(kind: KnownMaterial.Kind) async throws {
        let old = try OldToken()
        let rig = try await Rig.ready { $0.settings.profile.callTimeout = 60 }
        let known = try KnownMaterial(kind)
        try await Program.offPool { try old.write(known.bytes, "privkey", label: "signer", id: "01") }
        let wrappingKey = try await BackendWrappingKey(in: rig.client)
        let algorithm = "RSA_AES_KEY_WRAP_SHA_1"
        let exported = try await old.export(";object=signer", algorithm, under: wrappingKey.publicKey)
        #expect(exported.objectClass == "private")
        #expect(exported.keyType == (kind.isRSA ? "RSA" : "EC"))
        let sizes = [
            KeySpec.rsa2048: 2048, .rsa4096: 4096, .p256: 256, .p384: 384, .p521: 521, .secp256k1: 256,
        ]
        #expect(exported.sizeInBits == sizes[kind.spec])
        #expect((exported.curve == nil) == kind.isRSA)
        let id = ObjectID.random()
        let imported = try await rig.client.importKey(
            wrappingKey.material(exported.wrapped, algorithm), of: kind.spec, for: kind.usage, id: id, expecting: nil)
        #expect(imported.place == .token)
        #expect(imported.key.publicKey == known.key.publicKey)
        try await known.expectSame(
            as: MaterialReference(object: id, checkValue: imported.key.checkValue), in: rig.client)
    }

    @Test func `that cannot be wrapped so is refused, with what can be done instead`() async throws {
        let old = try OldToken()
        let aes = [UInt8].random(32)
        let pair = try KnownMaterial(KnownMaterial.Kind(.p256, .signVerify))
        try await Program.offPool {
            try old.write(aes, "secrkey", label: "free", id: "01")
            try old.write(aes, "secrkey", label: "bound", id: "02", extractable: false)
            try old.write(aes, "secrkey", label: "twin", id: "03")
            try old.write(aes, "secrkey", label: "twin", id: "04")
            try old.write(pair.bytes, "privkey", label: "signer", id: "05")
        }
        let publicKey = try FixedRSAKeys.key(bits: 2048).publicKey.subjectPublicKeyInfo
        let bound = try await old.refusal(";object=bound", "RSA_AES_KEY_WRAP_SHA_1", under: publicKey)
        #expect(bound.description.contains("not extractable"))
        let twins = try await old.refusal(";object=twin", "RSA_AES_KEY_WRAP_SHA_1", under: publicKey)
        #expect(twins.description.contains("2 keys") && twins.description.contains("id=%03"))
        #expect(twins.hint?.contains("id=") == true)
        #expect(try await old.export(";object=twin;id=%04", "RSA_AES_KEY_WRAP_SHA_1", under: publicKey).label == "twin")
        let none = try await old.refusal(";object=nothing", "RSA_AES_KEY_WRAP_SHA_1", under: publicKey)
        #expect(none.description.contains("no secret or private key"))
        let unnamed = try await old.refusal("", "RSA_AES_KEY_WRAP_SHA_1", under: publicKey)
        #expect(unnamed.description.contains("names no key"))
        // SoftHSM 2.6.1 does OAEP with SHA-1 only.
        let sha256 = try await old.refusal(";object=free", "RSA_AES_KEY_WRAP_SHA_256", under: publicKey)
        #expect(sha256.description.contains("CKM_RSA_PKCS_OAEP with SHA-256"))
        #expect(sha256.alternatives == ["RSAES_OAEP_SHA_1", "RSA_AES_KEY_WRAP_SHA_1"])
        #expect(sha256.hint?.contains("RSAES_OAEP_SHA_1, RSA_AES_KEY_WRAP_SHA_1") == true, "\(sha256.hint ?? "")")
        let direct = try await old.refusal(";object=signer", "RSAES_OAEP_SHA_1", under: publicKey)
        #expect(direct.alternatives == ["RSA_AES_KEY_WRAP_SHA_1"])
        #expect(direct.hint?.contains("RSA_AES_KEY_WRAP_SHA_1") == true, "\(direct.hint ?? "")")
        for other in [bound, twins, none, unnamed] { #expect(other.alternatives.isEmpty, "\(other)") }
        let algorithm = try await old.refusal(";object=free", "RSAES_PKCS1_V1_5", under: publicKey)
        #expect(algorithm.hint != nil)
        let curve = try PrivateKey.generate(.ec(.p256)).publicKey.subjectPublicKeyInfo
        let wrong = try await old.refusal(";object=free", "RSAES_OAEP_SHA_1", under: curve)
        #expect(wrong.description.contains("no RSA public key"))
    }

    @Test func `is not asked for again after a wrong PIN, whatever the token's label says`() async throws {
        let old = try OldToken()
        try old.token.writePIN("0000")
        let publicKey = try FixedRSAKeys.key(bits: 2048).publicKey.subjectPublicKeyInfo
        let error = try await old.refusal(";object=a", "RSA_AES_KEY_WRAP_SHA_256", under: publicKey)
        #expect(error.description.contains("refused the PIN"), "\(error)")
        #expect(error.alternatives.isEmpty)
        #expect(error.hint == nil)
    }

    @Test func `is not asked for with a PIN in its URI`() async throws {
        let old = try OldToken()
        let publicKey = try FixedRSAKeys.key(bits: 2048).publicKey.subjectPublicKeyInfo
        let error = try await old.refusal(";object=a?pin-value=1234", "RSAES_OAEP_SHA_1", under: publicKey)
        #expect(error.description.contains("carries a PIN"))
        #expect(!error.description.contains("1234"))
    }
}
