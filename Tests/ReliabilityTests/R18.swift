import HSMClient
import HSMWorkerProtocol
import KMSCore
import KMSTesting
import Testing

@Suite(.serialized) struct `R18: no IV is used twice, whoever makes it` {
    /// A rig on an HSM that does with IVs what `rule` says, taken for one of the profile's kind.
    private func rig(_ rule: String, _ source: HSMProfile.GCMIVSource, zeroIV: Bool = false) async throws -> Rig {
        try await Program.offPool {
            let rig = try Rig(
                .faulty,
                edit: {
                    $0.settings.profile.gcmIV = source
                    $0.settings.profile.zeroIV = zeroIV
                }, starts: false)
            try rig.faults.obey(rule)
            rig.startClient()
            return rig
        }
    }

    // X
    @Test(arguments: [
        ("gcmiv back", HSMProfile.GCMIVSource.writtenBack, false), ("gcmiv zero", .writtenBack, true),
        ("gcmiv append", .appended, false),
    ])
    func `an HSM's own IVs are read back, and none repeats`(
        rule: String, source: HSMProfile.GCMIVSource, zeroIV: Bool
    ) async throws {
        let rig = try await rig(rule, source, zeroIV: zeroIV)
        let key = try await rig.newKey()
        var ivs: Set<[UInt8]> = []
        let count = times(500, full: 1_000_000)
        for turn in 0..<count {
            let sealed = try await rig.seal([1], with: key)
            ivs.insert(Array(sealed.bytes.prefix(12)))
            if turn < 50 {
                let answer = try await rig.open(sealed, with: key)
                #expect(answer == [1])
            }
        }
        #expect(ivs.count == count)
    }

    // S: ours.
    @Test func `nor does any of ours`() async throws {
        let rig = try await Rig.ready()
        let key = try await rig.newKey()
        var ivs: Set<[UInt8]> = []
        let count = times(500, full: 1_000_000)
        for _ in 0..<count { ivs.insert(Array(try await rig.seal([1], with: key).bytes.prefix(12))) }
        #expect(ivs.count == count)
    }

    // X: what the profile says is not what the HSM does.
    @Test(arguments: [
        ("gcmiv same", HSMProfile.GCMIVSource.caller, false), ("gcmiv same", .writtenBack, false),
        ("gcmiv same", .writtenBack, true), ("gcmiv same", .appended, false), ("", .writtenBack, true),
        ("", .appended, false), ("gcmiv append", .caller, false), ("gcmiv zero", .caller, false),
    ])
    func `an HSM that would use one twice makes no key`(
        rule: String, source: HSMProfile.GCMIVSource, zeroIV: Bool
    ) async throws {
        let rig = try await rig(rule, source, zeroIV: zeroIV)
        await #expect(throws: KMSError.self) { _ = try await rig.newKey() }
        #expect(try rig.token.objectFiles.isEmpty, "what was made for the try is gone")
    }

    // X: a generator that repeats itself.
    @Test func `and a generator that repeats itself is refused`() async throws {
        let rig = try await rig("constrandom", .caller)
        await #expect(throws: KMSError.self) { _ = try await rig.newKey() }
    }
}
