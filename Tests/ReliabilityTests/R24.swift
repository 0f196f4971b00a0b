import HSMClient
import HSMWorkerProtocol
import KMSCore
import KMSTesting
import Logging
import SecureMemory
import Testing

/// More of it is in HSMWorkerTests/ClusterTests and ClusterFaultTests.
@Suite(.serialized) struct `R24: of two tokens in step one may fail, and one that lacks a key is not asked for it` {
    private struct Scene {
        let tokens: TokensInStep
        let clients: [HSMClient]
        let cluster: HSMCluster

        init() async throws {
            let tokens = try await Program.offPool {
                try TokensInStep(SoftHSMToken(mechanisms: SoftHSMToken.profileMechanisms), count: 2)
            }
            self.tokens = tokens
            clients = try tokens.tokens.map { try Rig.client(of: $0, uri: "pkcs11:token=strongroom%20test") }
            cluster = HSMCluster(
                zip(1..., clients).map { HSMCluster.Member(name: "member \($0)", backend: $1) },
                settings: ClusterSettings(), logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
            tokens.begin()
        }

        func newKey() async throws -> MaterialReference {
            let id = ObjectID.random()
            let made = try await cluster.generateKey(.symmetricDefault, for: .encryptDecrypt, id: id)
            return MaterialReference(object: id, checkValue: made.checkValue)
        }

        func seal(with key: MaterialReference) async throws(KMSError) -> SealedBytes {
            try await cluster.encrypt(SecretBytes(copying: [1]), authenticating: [], with: key)
        }

        func end() async throws {
            cluster.stop()
            let clients = clients
            try await Program.offPool { for client in clients { client.stop() } }
        }
    }

    // S, two of them
    @Test func `a key is on both before its maker hears of it, and one may go`() async throws {
        let scene = try await Scene()
        let key = try await scene.newKey()
        for client in scene.clients { #expect(try await client.shows(key.object), "read your write, on either") }
        let outcomes = try await underLoad(tasks: 4, every: .milliseconds(5)) {
            _ = try await scene.seal(with: key)
        } while: { _ in
            try await Task.sleep(for: .milliseconds(500))
            try scene.tokens.tokens[0].moveAway()
            Processes.kill(Processes.children(with: scene.tokens.tokens[0].configurationFile))
            try await Task.sleep(for: .seconds(2))
        }
        #expect(outcomes.failures.count <= 4, "one failed request for each in flight: \(outcomes.codes)")
        #expect(outcomes.areRetryable)
        #expect(scene.cluster.status().members[0].phase == .drained)
        try scene.tokens.tokens[0].moveBack()
        let end = ContinuousClock.now + .seconds(10)
        while scene.cluster.status().members[0].phase != .serving, ContinuousClock.now < end {
            try await Task.sleep(for: .milliseconds(20))
        }
        #expect(scene.cluster.status().members[0].phase == .serving, "it comes back by its canary")
        try await scene.end()
    }

    // S, two of them
    @Test func `the one that lacks a key is not asked for it`() async throws {
        let scene = try await Scene()
        let key = try await scene.newKey()
        _ = try await scene.seal(with: key)
        scene.tokens.pause()
        // Not through the cluster: only the second has it.
        let id = ObjectID.random()
        let made = try await scene.clients[1].generateKey(.symmetricDefault, for: .encryptDecrypt, id: id)
        let lopsided = MaterialReference(object: id, checkValue: made.checkValue)
        let outcomes = Outcomes()
        for _ in 0..<100 { await outcomes.note { _ = try await scene.seal(with: lopsided) } }
        #expect(outcomes.failures.isEmpty, "\(outcomes.codes)")
        #expect(scene.cluster.status().members[0].lackingKeys == 1)
        try await scene.end()
    }
}
