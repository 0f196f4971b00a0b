import Foundation
import HSMClient
import HSMWorkerProtocol
import KMSCore
import KMSTesting
import LibCrypto
import SecureMemory
import Testing

/// Each return value at each operation, once, against `retry-matrix.txt`: whether the caller notices, and how often the
/// token was asked. STRONGROOM_WRITE_MATRIX=1 writes the file anew; read the difference before you commit it.
@Suite(.serialized) struct `R23: what is tried again, and how often` {
    private static let codes = [
        "0x2", "0x3", "0x5", "0x6", "0x7", "0x13", "0x20", "0x21", "0x30", "0x31", "0x32", "0x40", "0x41", "0x54",
        "0x60",
        "0x68", "0x70", "0x71", "0x82", "0x90", "0x91", "0xb0", "0xb1", "0xb3", "0xc0", "0xd1", "0xe0", "0x101",
        "0x190",
    ]
    /// An operation, and the function of the module whose failure is tried.
    private enum Request: String, CaseIterable {
        case encrypt = "C_Encrypt", decrypt = "C_Decrypt", generateDataKey = "C_GenerateRandom"
        case reEncrypt = "C_DecryptInit", sign = "C_Sign", generateMAC = "C_SignInit", decryptRSA = "C_Decrypt "
        case deriveSharedSecret = "C_DeriveKey", createKey = "C_GenerateKey", createKeyPair = "C_GenerateKeyPair"
        case destroyKey = "C_DestroyObject", verifyKey = "C_FindObjectsInit"

        var function: String { rawValue.trimmingCharacters(in: .whitespaces) }
    }

    private struct Keys {
        let secret, mac, signing, rsa, agreeing: MaterialReference
        let sealed: SealedBytes
        let rsaCiphertext: [UInt8]
        let point: [UInt8]
    }

    private static var path: String {
        URL(filePath: #filePath).deletingLastPathComponent().appending(path: "retry-matrix.txt").path
    }

    @Test func `is what the table says, for each return value at each operation`() async throws {
        let rig = try await Rig.ready(.faulty) {
            $0.settings.profile.workers = 1
            // Nothing but what is asked for: no canary, nothing against idleness, no copies that come and go.
            $0.canaryInterval = 600
            $0.settings.profile.keepAlive = 600
            $0.settings.profile.sessionCopies = false
            $0.longestBackOff = 0.1
        }
        let keys = try await Self.keys(rig)
        let isWriting = variable("STRONGROOM_WRITE_MATRIX") != nil
        var found: [String: String] = [:]
        for code in Self.codes {
            for request in Request.allCases {
                found["\(request) \(code)"] = try await Self.outcome(of: request, code, keys, rig)
            }
        }
        if isWriting {
            let lines = found.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)\n" }
            try Data(lines.joined().utf8).write(to: URL(filePath: Self.path))
            return
        }
        var golden: [Substring: Substring] = [:]
        for line in Processes.file(Self.path).split(separator: "\n") {
            let words = line.split(separator: ": ", maxSplits: 1)
            if words.count == 2 { golden[words[0]] = words[1] }
        }
        #expect(golden.count == Self.codes.count * Request.allCases.count)
        for (cell, outcome) in found.sorted(by: { $0.key < $1.key }) {
            #expect(golden[Substring(cell)] == Substring(outcome), "\(cell)")
        }
        // Whatever happened, nothing was made twice, and nothing that was to stay is gone.
        try rig.faults.clear()
        for key in [keys.secret, keys.mac, keys.signing, keys.rsa, keys.agreeing] {
            try await rig.client.verifyKey(key)
        }
    }

    /// `ok` or the error's code, and how often the function was called.
    private static func outcome(of request: Request, _ code: String, _ keys: Keys, _ rig: Rig) async throws -> String {
        // What it destroys is made before anything fails.
        let doomed = request == .destroyKey ? try await rig.newKey() : keys.secret
        rig.faults.forgetCalls()
        try rig.faults.obey("rv \(request.function) \(code) times 1 shared")
        var result = "ok"
        do throws(KMSError) {
            try await perform(request, keys, doomed, rig)
        } catch {
            result = error.code.rawValue
            if variable("STRONGROOM_WRITE_MATRIX") != nil, error.code == .materialMissing {
                print("\(request) \(code): \(error.cause ?? "")")
            }
        }
        let calls = rig.faults.calls(of: request.function).count
        let starts = rig.faults.calls(of: "C_Initialize").count
        try rig.faults.clear()
        try await waitUntil("served again") { await rig.serves(keys.secret) }
        return "\(result), \(calls) calls" + (starts > 0 ? ", a new worker" : "")
    }

    private static func perform(
        _ request: Request, _ keys: Keys, _ doomed: MaterialReference, _ rig: Rig
    ) async throws(KMSError) {
        switch request {
        case .encrypt: _ = try await rig.seal([1], with: keys.secret)
        case .decrypt: _ = try await rig.open(keys.sealed, with: keys.secret)
        case .generateDataKey: _ = try await rig.client.generateDataKey(32, authenticating: [], with: keys.secret)
        case .reEncrypt:
            _ = try await rig.client.reEncrypt(
                keys.sealed, authenticating: [], with: keys.secret, authenticating: [], with: keys.secret)
        case .sign:
            _ = try await rig.client.sign(.init(repeating: 1, count: 32), "ECDSA_SHA_256", with: keys.signing)
        case .generateMAC: _ = try await rig.mac([1], with: keys.mac)
        case .decryptRSA: _ = try await rig.client.decryptRSA(keys.rsaCiphertext, "RSAES_OAEP_SHA_1", with: keys.rsa)
        case .deriveSharedSecret: _ = try await rig.client.deriveSharedSecret(with: keys.point, key: keys.agreeing)
        case .createKey:
            _ = try await rig.client.generateKey(.symmetricDefault, for: .encryptDecrypt, id: .random())
        case .createKeyPair: _ = try await rig.client.generateKey(.p256, for: .signVerify, id: .random())
        case .destroyKey: try await rig.client.destroyKey(doomed.object)
        case .verifyKey: try await rig.client.verifyKey(keys.secret)
        }
    }

    private static func keys(_ rig: Rig) async throws -> Keys {
        let secret = try await rig.newKey()
        let rsa = ObjectID.random()
        let made = try await rig.client.generateKey(.rsa2048, for: .encryptDecrypt, id: rsa)
        let rsaKey = try PublicKey(subjectPublicKeyInfo: made.publicKey)
        let agreeing = ObjectID.random()
        let pair = try await rig.client.generateKey(.p256, for: .keyAgreement, id: agreeing)
        // The last 65 bytes of a P-256 SubjectPublicKeyInfo are its point.
        let point = Array(pair.publicKey.suffix(65))
        let keys = Keys(
            secret: secret, mac: try await rig.newKey(.hmac256, .generateVerifyMAC),
            signing: try await rig.newKey(.p256, .signVerify),
            rsa: MaterialReference(object: rsa, checkValue: made.checkValue),
            agreeing: MaterialReference(object: agreeing, checkValue: pair.checkValue),
            sealed: try await rig.seal([1], with: secret),
            rsaCiphertext: try rsaKey.encryptOAEP(SecretBytes(copying: [1]), .sha1), point: point)
        // Everything is resolved before anything fails.
        for request in Request.allCases
        where request != .createKey && request != .createKeyPair && request != .destroyKey {
            try await perform(request, keys, secret, rig)
        }
        return keys
    }
}
