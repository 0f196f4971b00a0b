import Glibc
import HSMWorkerProtocol
import KMSCore
import KMSTesting
import LibCrypto
import SecureMemory
import Testing

@testable import HSMClient

/// What becomes of each operation when the function that does its work answers each return value once: in the worker,
/// and in the client, which repeats what is safe to repeat when a worker ends.
@Suite(.serialized) struct `The retry matrix` {
    /// One row a return value, one letter an operation, in the order of ``Work``.
    ///
    /// - `s`: served, by the same worker.
    /// - `n`: served, by a new worker.
    /// - `r`: refused with an error that tells to try again; the same worker goes on.
    /// - `e`: the same, and the worker ended.
    /// - `f`: an internal failure, which is not worth another try; the same worker goes on.
    /// - `u`: the token lacks it; the same worker goes on.
    /// - `i`: the ciphertext is to blame, as the token said in so many words; the same worker goes on.
    private static let golden: [(value: UInt, row: String)] = [
        (0x002, "rrrrrrrrrrrr"),  // HOST_MEMORY
        (0x005, "nsnnnnnsnssn"),  // GENERAL_ERROR
        (0x006, "nsnnnnnsnssn"),  // FUNCTION_FAILED
        (0x007, "ffffffffffsf"),  // ARGUMENTS_BAD
        (0x013, "ffffuffffusf"),  // ATTRIBUTE_VALUE_INVALID
        (0x020, "fifffffiffsf"),  // DATA_INVALID
        (0x021, "fifffffiffsf"),  // DATA_LEN_RANGE
        (0x030, "nsnnnnnsnesn"),  // DEVICE_ERROR
        (0x031, "rrrrrrrrrrrr"),  // DEVICE_MEMORY
        (0x032, "nsnnnnnsnesn"),  // DEVICE_REMOVED
        (0x040, "fifffffiffsf"),  // ENCRYPTED_DATA_INVALID
        (0x041, "fifffffiffsf"),  // ENCRYPTED_DATA_LEN_RANGE
        (0x054, "uuuuuuuuuusu"),  // FUNCTION_NOT_SUPPORTED
        (0x060, "ssssssssssss"),  // KEY_HANDLE_INVALID
        (0x063, "ssssfssssfsf"),  // KEY_TYPE_INCONSISTENT
        (0x068, "ssssfssssfsf"),  // KEY_FUNCTION_NOT_PERMITTED
        (0x070, "uuuuuuuuuusu"),  // MECHANISM_INVALID
        (0x082, "ssssssssssss"),  // OBJECT_HANDLE_INVALID
        (0x090, "ssssssssssss"),  // OPERATION_ACTIVE
        (0x0b0, "ssssssssssss"),  // SESSION_CLOSED
        (0x0b1, "rrrrrrrrrrrr"),  // SESSION_COUNT
        (0x0b3, "ssssssssssss"),  // SESSION_HANDLE_INVALID
        (0x0d1, "fffffffffssf"),  // TEMPLATE_INCONSISTENT
        (0x0e0, "nsnnnnnsnesn"),  // TOKEN_NOT_PRESENT
        (0x101, "ssssssssssss"),  // USER_NOT_LOGGED_IN
        (0x190, "nsnnnnnsnesn"),  // CRYPTOKI_NOT_INITIALIZED
    ]

    private enum Work: String, CaseIterable {
        case encrypt, decrypt, reEncrypt, generateDataKey, generateDataKeyPair, sign, generateMAC, decryptRSA
        case deriveSharedSecret, generateKey, importKey, destroyKey

        /// The function that does it.
        var function: String {
            switch self {
            case .encrypt, .reEncrypt: "C_Encrypt"
            case .decrypt, .decryptRSA: "C_Decrypt"
            case .generateDataKey: "C_GenerateRandom"
            case .generateDataKeyPair: "C_GenerateKeyPair"
            case .sign, .generateMAC: "C_Sign"
            case .deriveSharedSecret: "C_DeriveKey"
            case .generateKey: "C_GenerateKey"
            case .importKey: "C_UnwrapKey"
            case .destroyKey: "C_DestroyObject"
            }
        }
    }

    @Test func `is the golden one: 26 return values and 12 operations`() async throws {
        let scene = try await Scene()
        for (value, expected) in Self.golden {
            var row = ""
            for work in Work.allCases { row += try await outcome(of: work, value, scene) }
            #expect(row == expected, "0x\(String(value, radix: 16))")
        }
        #expect(Self.golden.count == 26)
        #expect(Set(Self.golden.map(\.value)).count == 26)
        // No operation that failed or was repeated has left anything.
        #expect(try await scene.repair.client.inventory() == scene.keys)
    }

    private func outcome(of work: Work, _ value: UInt, _ scene: Scene) async throws -> String {
        let rig = scene.repair.rig
        try await waitUntil("a worker serves") { await rig.serves(scene.key) }
        // What a worker does only once is done before: what it learns of its token, and the keys that it looks up.
        try await scene.warmUp(work)
        let worker = rig.workers
        let victim = try await scene.repair.rig.newKey()
        try scene.repair.faults.obey("rv \(work.function) 0x\(String(value, radix: 16)) times 1 shared")
        let outcome: String
        do throws(KMSError) {
            try await scene.perform(work, victim.object)
            outcome = rig.workers == worker ? "s" : "n"
        } catch {
            switch error.code {
            case .keyUnavailable, .dependencyTimeout:
                // It answers before it ends.
                outcome = await hasEnded(worker, rig) ? "e" : "r"
            case .internalFailure: outcome = "f"
            case .unsupported: outcome = "u"
            case .invalidCiphertext, .incorrectKeyMaterial: outcome = "i"
            default: outcome = "?"
            }
        }
        try scene.repair.faults.clear()
        try await waitUntil("a worker serves again") { await rig.serves(scene.key) }
        try await rig.client.destroyKey(victim.object)
        return outcome
    }

    private func hasEnded(_ workers: [pid_t], _ rig: Rig) async -> Bool {
        for _ in 0..<20 {
            if rig.workers != workers { return true }
            try? await Task.sleep(for: .milliseconds(10))
        }
        return false
    }

    /// Keys of all kinds, and what is done with them.
    private final class Scene {
        let repair: RepairRig
        let key: MaterialReference
        private let rsa: (MaterialReference, PublicKey)
        private let rsaSign: MaterialReference
        private let hmac: MaterialReference
        private let agreement: MaterialReference
        private let wrappingKey: BackendWrappingKey
        private let known: KnownMaterial
        private let wrapped: WrappedMaterial
        private let sealed: SealedBytes
        private let ciphertext: [UInt8]
        private let point: [UInt8]

        init() async throws {
            repair = try await RepairRig.ready {
                $0.settings.profile.callTimeout = 30
                // What becomes of copies when memory is short is another test's.
                $0.settings.profile.sessionCopies = false
            }
            let rig = repair.rig
            key = try await rig.newKey()
            rsa = try await rig.newPair(.rsa2048, .encryptDecrypt)
            rsaSign = try await rig.newPair(.rsa2048).0
            hmac = try await rig.newKey(.hmac256, .generateVerifyMAC)
            agreement = try await rig.newPair(.p256, .keyAgreement).0
            wrappingKey = try await BackendWrappingKey(in: rig.client)
            known = try KnownMaterial(KnownMaterial.Kind(.symmetricDefault, .encryptDecrypt))
            wrapped = try wrappingKey.wrap(known, "RSA_AES_KEY_WRAP_SHA_1")
            sealed = try await rig.seal([1, 2, 3], with: key)
            ciphertext = try rsa.1.encryptOAEP(SecretBytes(copying: [4, 5, 6]), .sha1)
            let other = try PrivateKey.generate(.ec(.p256))
            point = other.publicKey.point ?? []
        }

        /// The objects that there are to be in the end.
        var keys: Set<ObjectID> {
            [
                key.object, rsa.0.object, rsaSign.object, hmac.object, agreement.object,
                wrappingKey.reference.object,
            ]
        }

        func warmUp(_ work: Work) async throws {
            guard ![.generateKey, .destroyKey, .generateDataKeyPair].contains(work) else { return }
            try await perform(work, .random())
        }

        func perform(_ work: Work, _ victim: ObjectID) async throws(KMSError) {
            let client = repair.client
            switch work {
            case .encrypt:
                _ = try await repair.rig.seal([1], with: key)
            case .decrypt:
                let opened = try await repair.rig.open(sealed, with: key)
                #expect(opened == [1, 2, 3])
            case .reEncrypt:
                let moved = try await client.reEncrypt(
                    sealed, authenticating: [], with: key, authenticating: [9], with: key)
                let opened = try await repair.rig.open(moved, [9], with: key)
                #expect(opened == [1, 2, 3])
            case .generateDataKey:
                _ = try await client.generateDataKey(32, authenticating: [], with: key)
            case .generateDataKeyPair:
                _ = try await client.generateDataKeyPair(
                    .p256, authenticating: [], with: key, showingPrivateKey: false)
            case .sign:
                _ = try await client.sign([UInt8](repeating: 1, count: 32), "RSASSA_PSS_SHA_256", with: rsaSign)
            case .generateMAC:
                _ = try await client.generateMAC(of: SecretBytes(copying: [1]), "HMAC_SHA_256", with: hmac)
            case .decryptRSA:
                let opened = try await client.decryptRSA(ciphertext, "RSAES_OAEP_SHA_1", with: rsa.0)
                #expect(opened.exposedArray == [4, 5, 6])
            case .deriveSharedSecret:
                _ = try await client.deriveSharedSecret(with: point, key: agreement)
            case .generateKey:
                let id = ObjectID.random()
                _ = try await client.generateKey(.symmetricDefault, for: .encryptDecrypt, id: id)
                try await client.destroyKey(id)
            case .importKey:
                let id = ObjectID.random()
                _ = try await client.importKey(
                    wrapped, of: .symmetricDefault, for: .encryptDecrypt, id: id, expecting: nil)
                try await client.destroyKey(id)
            case .destroyKey:
                try await client.destroyKey(victim)
            }
        }
    }
}
