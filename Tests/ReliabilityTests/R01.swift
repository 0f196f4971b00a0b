import HSMClient
import HSMWorkerProtocol
import KMSCore
import KMSTesting
import Testing

@Suite(.serialized) struct `R1: a key handle is never used outside of the generation that resolved it` {
    @Test func `the wrong key never answers, while the token's numbers for them move about`() async throws {
        let rig = try await Rig.ready { $0.settings.profile.workers = 1 }
        let keys = [try await rig.newKey(), try await rig.newKey()]
        var sealed: [SealedBytes] = []
        for index in 0..<2 { sealed.append(try await rig.seal([UInt8(index)], with: keys[index])) }
        // SoftHSM counts handles from small numbers in every life: who comes first gets the same one each time.
        let decryptions = times(200, full: 10_000)
        let lives = times(4, full: 20)
        for life in 0..<lives {
            let old = rig.workers
            Processes.kill(old)
            try await waitUntil("a new generation") { rig.workers.count == 1 && rig.workers != old }
            for turn in 0..<(decryptions / lives) {
                let index = (turn + life) % 2
                #expect(try await rig.open(sealed[index], with: keys[index]) == [UInt8(index)])
                await expect(.invalidCiphertext) { _ = try await rig.open(sealed[1 - index], with: keys[index]) }
            }
        }
    }

    // X, and no session copies: their handles are not what the token finds.
    @Test(arguments: ["swapobjects", "misfind"])
    func `a token that shows one key for the other is not believed`(fault: String) async throws {
        let rig = try await Rig.ready(.faulty)
        let (a, b) = (try await rig.newKey(), try await rig.newKey())
        let sealed = try await rig.seal([1], with: a)
        try rig.faults.obey("\(fault) \(a.object) \(b.object)")
        for key in [a, b] { try await rig.client.forgetKey(key.object) }
        for key in [a, b] {
            await expect(.materialMissing, "no ciphertext comes out") { _ = try await rig.seal([2], with: key) }
            await expect(.materialMissing, "and none is blamed") { _ = try await rig.open(sealed, with: key) }
        }
        try rig.faults.clear()
        for key in [a, b] { try await rig.client.forgetKey(key.object) }
        #expect(try await rig.open(sealed, with: a) == [1])
    }
}
