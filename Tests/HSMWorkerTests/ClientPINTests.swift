import FoundationEssentials
import Glibc
import HSMWorkerProtocol
import KMSCore
import KMSTesting
import Logging
import Testing

@testable import HSMClient

@Suite(.serialized) struct `The server's PIN` {
    /// How often somebody logged in to the token, by the log of a module between.
    private func logins(_ token: SoftHSMToken) -> Int {
        Rig.file(token.configurationFile + ".spy").split(separator: "\n").count { $0.hasSuffix(": C_Login") }
    }

    /// A server's start on `token`; it ends with the value.
    private func start(
        _ token: SoftHSMToken, edit: @escaping @Sendable (inout HSMClientConfiguration) -> Void = { _ in }
    ) async throws -> HSMClient {
        try await Program.offPool {
            var profile = HSMProfile.softHSM
            profile.workers = 2
            var configuration = HSMClientConfiguration(
                workerProgram: try Program.built("strongroom-hsm-worker"),
                settings: WorkerSettings(
                    modulePath: try SoftHSMToken.spyPath, tokenURI: "pkcs11:token=strongroom%20test",
                    pinSource: .file(token.pinFile), profile: profile, startLockPath: token.folder + "/start.lock"),
                environment: token.environment.merging(
                    [
                        "PKCS11SPY": try SoftHSMToken.modulePath,
                        "PKCS11SPY_OUTPUT": token.configurationFile + ".spy",
                    ]
                ) { $1 })
            edit(&configuration)
            return HSMClient(configuration, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        }
    }

    private func cause(_ client: HSMClient) async -> String {
        do throws(KMSError) {
            _ = try await client.tokenReport()
            return "none"
        } catch {
            return error.cause ?? error.message
        }
    }

    @Test func `is tried once when it is wrong, however often the server is started`() async throws {
        let token = try SoftHSMToken()
        try token.writePIN("000000")
        for round in 0..<8 {
            let client = try await start(token)
            let cause = await cause(client)
            #expect(cause.contains("refused"), "\(cause)")
            if round > 0 { #expect(cause.contains(token.pinFile), "it says where the right one belongs: \(cause)") }
            #expect(client.status().rung == .operator)
            try await Program.offPool { client.stop() }
        }
        #expect(logins(token) == 1)

        let client = try await start(token)
        #expect(await cause(client).contains("refused"))
        try token.writePIN(token.pin)
        let end = ContinuousClock.now + .seconds(5)
        while !client.isReady, ContinuousClock.now < end { try await Task.sleep(for: .milliseconds(20)) }
        #expect(client.isReady, "the right one is taken without a restart")
        try await Program.offPool { client.stop() }
    }

    @Test func `of a command is tried again when the operator removes the file that remembers the refusal`()
        async throws
    {
        let token = try SoftHSMToken()
        try token.writePIN("000000")
        let client = try await start(token) { $0.settings.pinSource = .command(["/bin/cat", token.pinFile]) }
        #expect(await cause(client).contains("refused"))
        try token.writePIN(token.pin)
        try await Task.sleep(for: .seconds(2))
        #expect(logins(token) == 1 && !client.isReady, "nobody can see that the command prints another one now")
        let files = try FileManager.default.contentsOfDirectory(atPath: token.folder)
        let ledger = try #require(files.first { $0.hasPrefix("login-") })
        try FileManager.default.removeItem(atPath: token.folder + "/" + ledger)
        let end = ContinuousClock.now + .seconds(5)
        while !client.isReady, ContinuousClock.now < end { try await Task.sleep(for: .milliseconds(20)) }
        #expect(client.isReady)
        try await Program.offPool { client.stop() }
    }

    @Test func `comes on a descriptor, is read once, and is there for every worker's every start`() async throws {
        let token = try SoftHSMToken()
        var ends: [Int32] = [-1, -1]
        try #require(unsafe pipe(&ends) == 0)
        let line = Array((token.pin + "\n").utf8)
        _ = unsafe line.withUnsafeBytes { unsafe write(ends[1], $0.baseAddress, $0.count) }
        close(ends[1])
        let pipe = inode(ends[0])
        try await serves(token, .descriptor(ends[0]))
        #expect(inode(ends[0]) != pipe, "it is closed, though another test may have a file of that number by now")
    }

    private func inode(_ descriptor: Int32) -> UInt? {
        var status = stat()
        return unsafe fstat(descriptor, &status) == 0 ? status.st_ino : nil
    }

    @Test func `comes from the environment, and is in nobody's afterwards`() async throws {
        let token = try SoftHSMToken()
        let name = "STRONGROOM_TEST_PIN_\(UInt32.random(in: 0 ... .max))"
        unsafe setenv(name, token.pin, 1)
        try await serves(token, .environment(name))
        #expect(unsafe getenv(name) == nil)
    }

    private func serves(_ token: SoftHSMToken, _ source: PINSource) async throws {
        let rig = try await Rig.ready { configuration in
            configuration.settings.modulePath = (try? SoftHSMToken.modulePath) ?? ""
            configuration.settings.tokenURI = "pkcs11:token=strongroom%20test"
            configuration.settings.pinSource = source
            configuration.environment = token.environment
            configuration.settings.startLockPath = token.folder + "/start.lock"
        }
        let key = try await rig.newKey()
        for _ in 0..<2 {
            let workers = rig.client.status().workers.compactMap(\.processID)
            for worker in workers {
                #expect(!rig.environment(of: worker).contains(token.pin))
                #expect(!rig.descriptors(of: worker).keys.contains { $0 == 4 && rig.configuration.lock == nil })
            }
            Rig.kill(workers)
            try await waitUntil("new ones serve") {
                rig.client.workers.allSatisfy(\.isReady)
                    && Set(rig.client.status().workers.compactMap(\.processID)).isDisjoint(with: workers)
            }
            _ = try await rig.seal([1], with: key)
        }
        try await rig.stop()
    }

    @Test func `that cannot be taken is the operator's matter`() async throws {
        for (source, text) in [
            (.descriptor(250), "descriptor 250"), (.environment("STRONGROOM_NO_SUCH_PIN"), "STRONGROOM_NO_SUCH_PIN"),
        ] as [(PINSource, String)] {
            let rig = try await Program.offPool { try Rig { $0.settings.pinSource = source } }
            let cause = await cause(rig.client)
            #expect(cause.contains(text), "\(cause)")
            try await rig.stop()
        }
    }
}
