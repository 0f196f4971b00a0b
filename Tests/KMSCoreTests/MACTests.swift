import KMSCore
import KMSTesting
import SecureMemory
import Testing

@Suite struct `Message authentication codes` {
    static let kinds: [(spec: KeySpec, algorithm: String, size: Int)] = [
        (.hmac224, "HMAC_SHA_224", 28), (.hmac256, "HMAC_SHA_256", 32), (.hmac384, "HMAC_SHA_384", 48),
        (.hmac512, "HMAC_SHA_512", 64),
    ]

    let rig = Rig()
    let message = Array("Sufficient unto the day".utf8)

    @Test(arguments: kinds)
    func `of every spec are of its size, the same each time, and verify`(
        spec: KeySpec, algorithm: String, size: Int
    ) async throws {
        let store = try await rig.start()
        let made = try await store.newKey(spec, .generateVerifyMAC)
        let result = try await store.generateMAC(
            of: SecretBytes(copying: message), algorithm: algorithm, with: made.arn, by: .alice
        )
        #expect(result.mac.count == size)
        #expect(result.keyARN == made.arn)
        #expect(result.algorithm == algorithm)
        #expect(try await store.generateMAC(of: message, algorithm, with: made.id) == result.mac)
        #expect(try await store.verifyMAC(result.mac, of: message, algorithm, with: made.id) == made.arn)
        let restarted = try await rig.start()
        #expect(try await restarted.verifyMAC(result.mac, of: message, algorithm, with: made.id) == made.arn)
    }

    @Test func `that were changed in any bit, cut or lengthened, or of another message or key, are invalid`()
        async throws
    {
        let store = try await rig.start()
        let made = try await store.newKey(.hmac256, .generateVerifyMAC)
        let other = try await store.newKey(.hmac256, .generateVerifyMAC)
        let mac = try await store.generateMAC(of: message, "HMAC_SHA_256", with: made.id)
        var wrong: [[UInt8]] = [[], mac + [0], mac + mac, .random(32)] + (0..<32).map { Array(mac.prefix($0)) }
        for bit in 0..<256 {
            var changed = mac
            changed[bit / 8] ^= 1 << UInt8(bit % 8)
            wrong.append(changed)
        }
        for mac in wrong {
            await expect(.invalidMAC, "") {
                try await store.verifyMAC(mac, of: message, "HMAC_SHA_256", with: made.id)
            }
        }
        await expect(.invalidMAC, "") {
            try await store.verifyMAC(mac, of: message + [0], "HMAC_SHA_256", with: made.id)
        }
        await expect(.invalidMAC, "") { try await store.verifyMAC(mac, of: message, "HMAC_SHA_256", with: other.id) }
        #expect(try store.lastOperation(made) == "GenerateMac", "a verification that fails is no use of the key")
    }

    @Test func `with an algorithm of another spec, or a key for something else, are refused`() async throws {
        let store = try await rig.start()
        let made = try await store.newKey(.hmac224, .generateVerifyMAC)
        let symmetric = try await store.newKey()
        let text = "Algorithm HMAC_SHA_256 is incompatible with key spec HMAC_224."
        let usage = "\(symmetric.arn) key usage is ENCRYPT_DECRYPT which is not valid for "
        try await rig.expectNothingDone {
            await expect(.invalidKeyUsage, text) {
                _ = try await store.generateMAC(of: message, "HMAC_SHA_256", with: made.id)
            }
            await expect(.invalidKeyUsage, text) {
                try await store.verifyMAC([1], of: message, "HMAC_SHA_256", with: made.id)
            }
            await expect(.invalidKeyUsage, usage + "GenerateMac.") {
                _ = try await store.generateMAC(of: message, "HMAC_SHA_256", with: symmetric.id)
            }
            await expect(.invalidKeyUsage, usage + "VerifyMac.") {
                try await store.verifyMAC([1], of: message, "HMAC_SHA_256", with: symmetric.id)
            }
        }
    }

    @Test func `are of messages from 1 to 4,096 bytes`() async throws {
        let store = try await rig.start()
        let made = try await store.newKey(.hmac512, .generateVerifyMAC)
        for size in [1, 4096] {
            let message = [UInt8](repeating: 1, count: size)
            let mac = try await store.generateMAC(of: message, "HMAC_SHA_512", with: made.id)
            try await store.verifyMAC(mac, of: message, "HMAC_SHA_512", with: made.id)
        }
        for size in [0, 4097] {
            let message = [UInt8](repeating: 1, count: size)
            await expect(.validation) { _ = try await store.generateMAC(of: message, "HMAC_SHA_512", with: made.id) }
            await expect(.validation) {
                try await store.verifyMAC([1], of: message, "HMAC_SHA_512", with: made.id)
            }
        }
    }
}
