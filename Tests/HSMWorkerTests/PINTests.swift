import FoundationEssentials
import HSMClient
import HSMWorkerProtocol
import KMSCore
import KMSTesting
import Testing

@Suite(.serialized) struct `The worker's PIN` {
    /// A rig whose module logs its calls, so that logins can be counted.
    private func spied(
        pin: String? = nil, mode: Int = 0o600, workers: Int = 2
    ) async throws -> Rig {
        try await Program.offPool {
            let spy = try SoftHSMToken.spyPath
            let module = try SoftHSMToken.modulePath
            return try Rig {
                $0.settings.modulePath = spy
                $0.settings.profile.workers = workers
                $0.environment["PKCS11SPY"] = module
                $0.environment["PKCS11SPY_OUTPUT"] = spyLog($0.environment["SOFTHSM2_CONF"] ?? "")
            } prepare: { token in
                try token.writePIN(pin ?? token.pin, mode: mode)
            }
        }
    }

    private func logins(_ rig: Rig) -> Int {
        Rig.file(spyLog(rig.token.configurationFile)).split(separator: "\n").count { $0.hasSuffix(": C_Login") }
    }

    private func cause(_ rig: Rig) async -> String {
        do throws(KMSError) {
            _ = try await rig.client.tokenReport()
            return "no error"
        } catch {
            #expect(error.code == .keyUnavailable)
            #expect(!error.message.contains(rig.token.pin))
            return error.cause ?? "no cause"
        }
    }

    @Test func `is tried once when it is wrong, whatever is asked and however many workers there are`() async throws {
        let rig = try await spied(pin: "000000", workers: 3)
        #expect(await cause(rig).contains("refused the PIN: C_Login answered CKR_PIN_INCORRECT"))
        for _ in 0..<20 {
            let start = ContinuousClock.now
            await expect(.keyUnavailable) { try await rig.client.checkHealth() }
            #expect(ContinuousClock.now - start < .seconds(1), "refused at once")
            try await Task.sleep(for: .milliseconds(100))
        }
        #expect(logins(rig) == 1, "three wrong tries lock many a token for good")

        try rig.token.writePIN(rig.token.pin)
        try await waitUntil("the right PIN is taken from the file", seconds: 5) { await rig.serves() }
        try await waitUntil("and by every worker", seconds: 5) { logins(rig) == 4 && rig.workers.count == 3 }
        try await Task.sleep(for: .milliseconds(200))
        #expect(logins(rig) == 4)
    }

    @Test func `is taken again when the file changed, and was wrong still`() async throws {
        let rig = try await spied(pin: "000000")
        #expect(await cause(rig).contains("CKR_PIN_INCORRECT"))
        try rig.token.writePIN("111111")
        try await waitUntil("the other wrong PIN was tried", seconds: 5) { logins(rig) == 2 }
        try await Task.sleep(for: .seconds(2))
        #expect(logins(rig) == 2)
    }

    @Test(arguments: [0o644, 0o640, 0o604, 0o660])
    func `is not read from a file that others may read`(mode: Int) async throws {
        let rig = try await spied(mode: mode)
        let cause = await cause(rig)
        #expect(cause.contains("can be read by others") && cause.contains("chmod 600"), "\(cause)")
        #expect(logins(rig) == 0)
        if mode == 0o644 {
            try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: rig.token.pinFile)
            try await waitUntil("repaired without a restart", seconds: 5) { await rig.serves() }
        }
    }

    @Test func `may come later: a file that is missing, or empty, is waited for`() async throws {
        let rig = try await spied(pin: "")
        #expect(await cause(rig).contains("is empty"))
        try FileManager.default.removeItem(atPath: rig.token.pinFile)
        try await waitUntil("noticed", seconds: 5) { await cause(rig).contains("cannot be opened") }
        try rig.token.writePIN(rig.token.pin)
        try await waitUntil("the PIN that came is used", seconds: 5) { await rig.serves() }
        try await waitUntil("by each worker once", seconds: 5) { logins(rig) == 2 && rig.workers.count == 2 }
    }

    @Test func `of a file may end in a carriage return, as some editors have it`() async throws {
        let rig = try await Rig.ready(prepare: { token in try token.writePIN(token.pin + "\r") })
        #expect(await rig.serves())
    }

    @Test func `of a credential is read from systemd's folder`() async throws {
        let rig = try await Rig.ready {
            $0.settings.pinSource = .credential("pin")
            $0.environment["CREDENTIALS_DIRECTORY"] =
                $0.environment["SOFTHSM2_CONF"]?.replacing("/softhsm2.conf", with: "") ?? ""
        }
        #expect(await rig.serves())
    }

    @Test func `of a command is what it prints`() async throws {
        let rig = try await Rig.ready {
            guard case .file(let path) = $0.settings.pinSource else { return }
            $0.settings.pinSource = .command(["/bin/cat", path])
        }
        #expect(await rig.serves())
    }

    @Test func `of a source that cannot give one is the operator's matter`() async throws {
        for (source, text) in [
            (.command(["/bin/false"]), "failed"), (.command(["cat", "pin"]), "absolute path"),
            (.command([]), "absolute"),
            (.command(["/nowhere/program"]), "/nowhere/program"),
            (.credential("pin"), "CREDENTIALS_DIRECTORY is not set"),
            (.file("/nowhere/pin"), "cannot be opened"), (.file("/etc"), "is not a file"),
        ] as [(PINSource, String)] {
            let rig = try await Program.offPool { try Rig { $0.settings.pinSource = source } }
            let cause = await cause(rig)
            #expect(cause.contains(text), "\(source): \(cause)")
            try await rig.stop()
        }
    }
}

/// Where the spy writes what it saw, PINs and all: a test's PIN opens nothing but its own token.
private func spyLog(_ configurationFile: String) -> String { configurationFile + ".spy" }
