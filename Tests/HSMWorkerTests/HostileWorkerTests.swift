import Foundation
import Glibc
import HSMWorkerProtocol
import KMSCore
import KMSTesting
import Logging
import SecureMemory
import Testing

@testable import HSMClient

/// The API process parses what strangers send, the worker runs a vendor's module: neither may be at the other's mercy.
@Suite struct `A worker that means harm` {
    static let modes = ["random", "lies", "lengths", "ids", "halves", "noise", "endless", "greeting"]

    @Test(arguments: modes) func `gets every call an error or an answer in time, and nothing else`(
        mode: String
    ) async throws {
        for seed in 1...6 {
            let client = try Self.client(mode, seed)
            await Self.callEverything(client)
            try await Program.offPool { client.stop() }
        }
    }

    private static func client(_ mode: String, _ seed: Int) throws -> HSMClient {
        var profile = HSMProfile()
        profile.workers = 1
        profile.callTimeout = 0.3
        profile.keyGenerationTimeout = 0.5
        let configuration = HSMClientConfiguration(
            workerProgram: try Program.built("rogue-worker"),
            settings: WorkerSettings(
                modulePath: "/nowhere", tokenURI: "pkcs11:", pinSource: .file("/nowhere"), profile: profile),
            environment: ["ROGUE_SEED": "\(seed)", "ROGUE_MODE": mode, "PATH": "/usr/bin"])
        return HSMClient(configuration, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }

    /// Every operation there is, at once and some of them again: they end, however that may be.
    private static func callEverything(_ client: HSMClient) async {
        let key = MaterialReference(object: .random(), checkValue: Array(repeating: 1, count: 52))
        guard let sealed = SealedBytes(Array(repeating: 2, count: 60)) else { return }
        let material = WrappedMaterial(wrappingKey: key, algorithm: "RSAES_OAEP_SHA_256", bytes: [1, 2, 3])
        let calls: [@Sendable () async throws -> Void] = [
            { _ = try await client.encrypt(SecretBytes(copying: [1]), authenticating: [], with: key) },
            { _ = try await client.decrypt(sealed, authenticating: [], with: key) },
            {
                _ = try await client.reEncrypt(
                    sealed, authenticating: [], with: key, authenticating: [], with: key)
            },
            { _ = try await client.generateDataKey(32, authenticating: [], with: key) },
            { _ = try await client.generateDataKeyWithoutPlaintext(32, authenticating: [], with: key) },
            {
                _ = try await client.generateDataKeyPair(
                    .p256, authenticating: [], with: key, showingPrivateKey: true)
            },
            { _ = try await client.generateRandom(16) },
            { _ = try await client.generateKey(.symmetricDefault, for: .encryptDecrypt, id: .random()) },
            { _ = try await client.generateWrappingKey(.rsa2048, id: .random()) },
            {
                _ = try await client.importKey(
                    material, of: .symmetricDefault, for: .encryptDecrypt, id: .random(), expecting: nil)
            },
            { _ = try await client.identify(material, of: .symmetricDefault, for: .encryptDecrypt, among: [key]) },
            { try await client.destroyKey(.random()) },
            { try await client.verifyKey(key) },
            { _ = try await client.inventory() },
            { try await client.checkHealth() },
            { try await client.checkSupport(of: .rsa2048, for: .signVerify, imported: false) },
            { _ = try await client.tokenReport() },
        ]
        await withTaskGroup { group in
            for call in calls + calls {
                group.addTask { try? await call() }
            }
        }
    }
}

@Suite struct `A server that means harm` {
    @Test func `is answered or left by the worker, which never crashes`() async throws {
        let rig = try await Rig.ready { $0.settings.profile.workers = 1 }
        let key = try await rig.newKey()
        var generator = SplitMix64(seed: 20_261_121)
        for round in 0..<8 {
            let worker = try await Program.offPool { try HostileSession(rig.configuration) }
            for _ in 0..<300 {
                guard worker.send(Self.request(key, &generator)) else { break }
            }
            let end = try await Program.offPool { worker.end() }
            // It may end because of what it was sent, but by itself: a signal would be a crash.
            #expect(end == "exit status 0" || end == "exit status 2", "round \(round): \(end)")
        }
        #expect(await rig.serves(key))
    }

    /// A frame of some operation: whole, with a bit changed, cut, or with other fields.
    private static func request(_ key: MaterialReference, _ generator: inout SplitMix64) -> [UInt8] {
        let codes: [HSMWorkerProtocol.Operation] = [
            .encrypt, .decrypt, .reEncrypt, .generateDataKey, .generateDataKeyWithoutPlaintext, .generateRandom,
            .verifyKey, .forgetKey, .sign, .generateMAC, .decryptRSA, .deriveSharedSecret, .checkSupport, .importKey,
            .identifyKey, .inventory, .checkHealth, .generateDataKeyPair, .configure,
        ]
        let code =
            generator.chance(10)
            ? UInt8.random(in: .min ... .max, using: &generator)
            : codes.randomElement(using: &generator)?.rawValue ?? 0
        // Making and destroying keys is what a server may ask for; a random id has nothing to destroy.
        guard code != Operation.generateKey.rawValue else { return request(key, &generator) }
        let frame = SecureBuffer(frame: generator.next(), code: code, capacity: 20_000)
        if generator.chance(80) {
            frame.append(generator.chance(80) ? key.object : ObjectID.random())
            frame.appendField(generator.chance(80) ? key.checkValue : generator.bytes(upTo: 200))
        }
        for _ in 0..<Int.random(in: 0...4, using: &generator) {
            switch generator.next() % 4 {
            case 0: frame.append(bigEndian: UInt16(truncatingIfNeeded: generator.next()))
            case 1: frame.append(bigEndian: UInt32(truncatingIfNeeded: generator.next()))
            case 2: frame.appendField("SYMMETRIC_DEFAULT")
            default: frame.appendField(generator.bytes(upTo: 3000))
            }
        }
        frame.endFrame()
        var bytes = frame.withExposedBytes { unsafe $0.withUnsafeBytes { unsafe Array($0) } }
        if generator.chance(40) {
            let bit = Int.random(
                in: (Frame.headerSize * 8)..<max(bytes.count * 8, Frame.headerSize * 8 + 1), using: &generator)
            if bit / 8 < bytes.count { bytes[bit / 8] ^= 1 << UInt8(bit % 8) }
        }
        return bytes
    }
}

/// A worker that serves, and a socket to it that says what a test wants. Its answers are read and thrown away.
private final class HostileSession: Sendable {
    private let process: WorkerProcess
    private let reader: LaneThread

    init(_ configuration: HSMClientConfiguration) throws {
        let process = try WorkerProcess(
            program: configuration.workerProgram, environment: configuration.environment, lock: nil)
        self.process = process
        let greeting = SecureBuffer(
            frame: Frame.greeting, code: Operation.configure.rawValue, capacity: Frame.maximumSize)
        greeting.appendField(Array(try JSONEncoder().encode(configuration.settings)))
        greeting.endFrame()
        reader = LaneThread {
            var input = FrameInput(descriptor: process.socket)
            while true {
                switch try? input.next() {
                case .frame, .timeout: continue
                case .closed, nil: return
                }
            }
        }
        _ = send(greeting.withExposedBytes { unsafe $0.withUnsafeBytes { unsafe Array($0) } })
    }

    /// False when the worker has ended.
    func send(_ bytes: [UInt8]) -> Bool {
        var sent = 0
        while sent < bytes.count {
            let result = unsafe bytes.withUnsafeBytes {
                unsafe Glibc.send(process.socket, $0.baseAddress! + sent, bytes.count - sent, Int32(MSG_NOSIGNAL))
            }
            guard result > 0 else { return false }
            sent += result
        }
        return true
    }

    /// Says that there is no more, and answers how the worker ended.
    func end() -> String {
        shutdown(process.socket, Int32(SHUT_WR))
        // It answers everything before it sees the end.
        reader.join()
        return process.reap(killAfter: 20)
    }
}

extension SplitMix64 {
    fileprivate mutating func chance(_ percent: UInt64) -> Bool { next() % 100 < percent }

    fileprivate mutating func bytes(upTo most: Int) -> [UInt8] {
        let count = Int.random(in: 0...most, using: &self)
        return (0..<count).map { _ in UInt8.random(in: .min ... .max, using: &self) }
    }
}
