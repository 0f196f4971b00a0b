import HSMClient
import HSMWorkerProtocol
import KMSCore
import KMSTesting
import Testing

@Suite(.serialized) struct `R2: an HSM that comes back is used again within 5 seconds, without an operator` {
    /// One encryption.
    private static func request(_ rig: Rig, _ key: MaterialReference) -> @Sendable () async throws -> Void {
        { _ = try await rig.seal([1], with: key) }
    }

    /// Expects the first success within 5 seconds of `back`, and no wrong answer before or after.
    private func expectReturn(
        _ rig: Rig, _ key: MaterialReference, _ outcomes: Outcomes, since back: ContinuousClock.Instant,
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        try await waitUntil("the first success", seconds: 8, sourceLocation: sourceLocation) {
            outcomes.firstSuccess(after: back) != nil
        }
        let first = try #require(outcomes.firstSuccess(after: back), sourceLocation: sourceLocation)
        #expect(first.end - back < .seconds(5), "R2's limit", sourceLocation: sourceLocation)
    }

    // R
    @Test func `after its server was killed under load`() async throws {
        let rig = try await Rig.ready(.remote)
        let key = try await rig.newKey(.hmac256, .generateVerifyMAC)
        let right = try await rig.mac([1], with: key)
        // 50 requests a second.
        let outcomes = try await underLoad(tasks: 2, every: .milliseconds(40)) {
            let answer = try await rig.mac([1], with: key)
            #expect(answer == right)
        } while: { outcomes in
            for _ in 0..<times(1, full: 10) {
                try await Program.offPool { rig.remote.kill() }
                try await Task.sleep(for: .seconds(times(2, full: 10)))
                try await Program.offPool { try rig.remote.start() }
                try await expectReturn(rig, key, outcomes, since: .now)
            }
        }
        #expect(outcomes.areRetryable, "\(outcomes.codes)")
        #expect(!outcomes.failures.isEmpty)
    }

    // R: p11-kit answers "no slots" until it is initialised anew.
    @Test func `that was not there at the start`() async throws {
        let rig = try await Program.offPool { try Rig(.remote, remoteStarts: false) }
        await expect(.keyUnavailable) { _ = try await rig.client.tokenReport() }
        try await Program.offPool { try rig.remote.start() }
        try await waitUntil("service, without a restart", seconds: 5) { await rig.serves() }
        var key: MaterialReference?
        try await waitUntil("a new key", seconds: 5) {
            key = try? await rig.newKey(.hmac256, .generateVerifyMAC)
            return key != nil
        }
        #expect(await rig.serves(key))
    }

    // S: SoftHSM answers "no objects", and stays with that when the tokens are back.
    @Test func `whose store was gone`() async throws {
        let rig = try await Rig.ready()
        let key = try await rig.newKey()
        let outcomes = try await underLoad(tasks: 2, every: .milliseconds(40), Self.request(rig, key)) { outcomes in
            try rig.token.moveAway()
            try await Task.sleep(for: .seconds(3))
            try rig.token.moveBack()
            try await expectReturn(rig, key, outcomes, since: .now)
        }
        #expect(
            outcomes.failures.allSatisfy { $0.code.isRetryable || $0.code == .materialMissing },
            "\(outcomes.codes)")
        #expect(try rig.token.objectFiles.count == 1)
    }

    // X: a module that is dead until it is initialised anew, as p11-kit's client.
    @Test func `whose module answers nothing but errors`() async throws {
        let rig = try await Rig.ready(.faulty)
        let key = try await rig.newKey()
        let outcomes = try await underLoad(tasks: 2, every: .milliseconds(40), Self.request(rig, key)) { outcomes in
            try rig.faults.obey("rv * 0x30", "endlife 0x30")
            try await Task.sleep(for: .seconds(3))
            try rig.faults.clear()
            try await expectReturn(rig, key, outcomes, since: .now)
        }
        #expect(outcomes.areRetryable, "\(outcomes.codes)")
    }
}
