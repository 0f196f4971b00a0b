import HSMClient
import HSMWorkerProtocol
import KMSCore
import KMSTesting
import Testing

@Suite(.serialized) struct `R7: a bad ciphertext is its sender's error, whatever the module says` {
    private static func tampered(_ sealed: SealedBytes, _ turn: Int) throws -> SealedBytes {
        var bytes = sealed.bytes
        bytes[turn % bytes.count] ^= UInt8(1 << (turn % 8))
        return try #require(SealedBytes(bytes))
    }

    // S
    @Test func `thousands of them reset nothing and slow nobody`() async throws {
        let rig = try await Rig.ready()
        let key = try await rig.newKey()
        let sealed = try await rig.seal(.init(repeating: 7, count: 32), with: key)
        let workers = rig.workers
        let alone = try await underLoad(tasks: 2, every: .milliseconds(5)) {
            _ = try await rig.open(sealed, with: key)
        } while: { _ in
            try await Task.sleep(for: .seconds(1))
        }
        let bad = times(1000, full: 10_000)
        let beside = try await underLoad(tasks: 2, every: .milliseconds(5)) {
            _ = try await rig.open(sealed, with: key)
        } while: { _ in
            for turn in 0..<bad {
                let other = try Self.tampered(sealed, turn)
                await expect(.invalidCiphertext) { _ = try await rig.open(other, with: key) }
            }
        }
        #expect(rig.workers == workers, "no worker was reset")
        #expect(beside.failures.isEmpty && alone.failures.isEmpty)
        let (before, after) = (alone.all.map(\.duration).quantile(0.5), beside.all.map(\.duration).quantile(0.5))
        #expect(after < before * 4 + .milliseconds(10), "\(before) alone, \(after) beside them")
    }

    // X: what other modules answer, those that mean something else elsewhere among them.
    @Test func `also where the module answers as to its own breakdown`() async throws {
        let rig = try await Rig.ready(.faulty)
        let key = try await rig.newKey()
        let sealed = try await rig.seal([1, 2, 3], with: key)
        let workers = rig.workers
        for value in ["0x5", "0x6", "0x20", "0x21", "0x30", "0x40", "0x41", "0xc0", "0x80000001"] {
            // 0x5 is what SoftHSM answers, and 0x40 what later ones do.
            try rig.faults.obey("rvmap C_Decrypt 0x5 \(value)", "rvmap C_Decrypt 0x40 \(value)")
            for turn in 0..<10 {
                let other = try Self.tampered(sealed, turn * 5)
                await expect(.invalidCiphertext, "\(value)") { _ = try await rig.open(other, with: key) }
                #expect(try await rig.open(sealed, with: key) == [1, 2, 3])
            }
        }
        #expect(rig.workers == workers, "no worker was reset")
    }

    // X: the other way round, a breakdown is not the ciphertext's fault.
    @Test func `but a good one is not called bad because the module is broken`() async throws {
        let rig = try await Rig.ready(.faulty)
        let key = try await rig.newKey()
        let sealed = try await rig.seal([1, 2, 3], with: key)
        for value in ["0x5", "0x30", "0x40"] {
            try rig.faults.obey("rv C_Decrypt \(value)")
            for _ in 0..<10 {
                do {
                    _ = try await rig.open(sealed, with: key)
                    Issue.record("the module does not decrypt")
                } catch {
                    #expect(error.code.isRetryable || error.code == .materialMissing, "\(value): \(error)")
                }
            }
            try rig.faults.clear()
            try await waitUntil("decrypts again", seconds: 5) { (try? await rig.open(sealed, with: key)) == [1, 2, 3] }
        }
    }
}
