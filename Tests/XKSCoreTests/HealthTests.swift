import KMSCore
import KMSTesting
import Testing

@testable import XKSCore

@Suite struct `The proxy's health` {
    private func health(_ rig: Rig, _ status: XKSFleetMember.Status = .active) -> XKSHealth {
        XKSHealth(backend: rig.backend, metadata: rig.metadata) { [XKSFleetMember(id: "token", status: status)] }
    }

    @Test func `is not believed before anything was tried`() async throws {
        let rig = try await Rig()
        #expect(health(rig).report.map(\.status) == [.unavailable])
    }

    @Test func `is what a real encryption and decryption show, under a key that is no customer's`() async throws {
        let rig = try await Rig()
        let health = health(rig)
        #expect(await health.check())
        #expect(health.report.map(\.status) == [.active])
        #expect(rig.backend.calls(of: .encrypt) == 1 && rig.backend.calls(of: .decrypt) == 1)
        let image = try await rig.metadata.load()
        #expect(image.keys.isEmpty && image.systemKeys[.xksHealth] != nil)
        for operation in [InMemoryKeyBackend.Operation.encrypt, .decrypt] {
            rig.backend.setFault {
                $0 == operation ? KMSError(.keyUnavailable, "The HSM is not available.") : nil
            }
            #expect(await !health.check())
            #expect(health.report.map(\.status) == [.unavailable])
        }
        rig.backend.setFault(nil)
        #expect(await health.check())
        #expect(health.report.map(\.status) == [.active])
        #expect(rig.backend.calls(of: .generateKey) == 1, "its key is made once")
    }

    @Test func `tells of what serves and is not whole`() async throws {
        let rig = try await Rig()
        let health = health(rig, .degraded)
        _ = await health.check()
        #expect(health.report.map(\.status) == [.degraded])
    }

    @Test func `shows a token that takes longer than a request may`() async throws {
        let rig = try await Rig()
        let health = XKSHealth(backend: rig.backend, metadata: rig.metadata, deadline: .milliseconds(20)) {
            [XKSFleetMember(id: "token", status: .active)]
        }
        _ = await health.check()
        rig.backend.setDelay(.milliseconds(100))
        #expect(await !health.check())
        #expect(health.report.map(\.status) == [.unavailable])
    }

    @Test func `shows a token that hangs, and is told at once all the same`() async throws {
        let rig = try await Rig()
        let health = health(rig)
        _ = await health.check()
        rig.backend.setDelay(.seconds(4))
        let check = Task { await health.check() }
        try await Task.sleep(for: .milliseconds(2500))
        let start = ContinuousClock.now
        #expect(health.report.map(\.status) == [.unavailable])
        #expect(start.duration(to: .now) < .milliseconds(100))
        rig.backend.setDelay(.zero)
        _ = await check.value
    }
}
