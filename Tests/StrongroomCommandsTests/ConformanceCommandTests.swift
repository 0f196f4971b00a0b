import ArgumentParser
import FoundationEssentials
import HSMClient
import HSMWorkerProtocol
import Synchronization
import Testing

@testable import StrongroomCommands

@Suite struct `The conformance command` {
    let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    private func source(_ arguments: String...) throws -> ConformanceSource {
        try ConformanceSource.parse(arguments)
    }

    private func profile(_ lines: String) throws -> String {
        try folder.write("name: test\n" + lines, to: "test.yaml")
    }

    // MARK: The token

    @Test func `takes module, token and PIN file`() throws {
        let target = try source(
            "--module", "/usr/lib/hsm.so", "--token", "pkcs11:token=kms", "--pin-file", "/etc/kms.pin"
        ).target()
        let settings = target.configuration.settings
        #expect(settings.modulePath == "/usr/lib/hsm.so")
        #expect(settings.tokenURI == "pkcs11:token=kms")
        #expect(settings.pinSource == .file("/etc/kms.pin"))
        #expect(settings.startLockPath == nil)
        #expect(target.profile == HSMProfile())
        #expect(target.configuration.environment["HOME"] != nil, "a module finds its configuration as it always does")
        #expect(target.configuration.environment.keys.allSatisfy { !$0.hasPrefix("AWS_") })
    }

    @Test func `takes all of them out of a URI`() throws {
        let settings = try source("--token", "pkcs11:token=kms?module-path=/m.so&pin-source=/p").target().configuration
            .settings
        #expect(settings.modulePath == "/m.so")
        #expect(settings.pinSource == .file("/p"))
    }

    @Test func `takes the module from the profile where none is named`() throws {
        let module = try folder.write("", to: "module.so")
        let target = try source(
            "--profile", profile("module: [/none.so, \(module)]"), "--token", "pkcs11:token=kms", "--pin-file", "/p"
        ).target()
        #expect(target.configuration.settings.modulePath == module)
        #expect(target.profile.name == "test")
    }

    @Test func `refuses a PIN in its arguments, and says what to do without a token or a module`() throws {
        expectFailure(saying: "--pin-file") {
            _ = try source("--module", "/m.so", "--token", "pkcs11:token=a?pin-value=1234").target()
        }
        expectFailure(saying: "--token") { _ = try source("--module", "/m.so").target() }
        expectFailure(saying: "--module") {
            _ = try source("--token", "pkcs11:token=a", "--pin-file", "/p").target()
        }
        expectFailure(saying: "no HSM profile named nothing") { _ = try source("--profile", "nothing").target() }
    }

    @Test func `takes what is not given from a server's state directory`() throws {
        try folder.write(
            """
            account: "111122223333"
            regions: [us-east-1]
            listen: 127.0.0.1:8470
            hsm: {module: /lib.so, token: 'pkcs11:token=served', pin: {file: pin}}
            """, to: "strongroom.yaml")
        try folder.write("name: served\nenvironment: {CONF: '${STATE}/conf'}", to: "profile.yaml")
        let target = try source("--state", folder.path).target()
        let configuration = target.configuration
        #expect(target.profile.name == "served")
        #expect(configuration.settings.tokenURI == "pkcs11:token=served")
        #expect(configuration.settings.modulePath == "/lib.so")
        #expect(configuration.settings.pinSource == .file(folder.path + "/pin"))
        #expect(configuration.settings.startLockPath == folder.path + "/token.lock")
        #expect(configuration.environment["CONF"] == folder.path + "/conf")
        #expect(configuration.environment["HOME"] == nil, "as the server's workers have it")
    }

    @Test func `needs no server in the folder that ${STATE} stands for`() throws {
        let target = try source(
            "--state", folder.path, "--profile", profile("environment: {CONF: '${STATE}/conf'}"), "--module", "/m.so",
            "--token", "pkcs11:token=a", "--pin-file", "/p"
        ).target()
        #expect(target.configuration.environment["CONF"] == folder.path + "/conf")
        #expect(target.configuration.settings.modulePath == "/m.so")
    }

    @Test func `says which variable is missing where the profile needs a folder and none is named`() throws {
        let path = try profile("environment: {STRONGROOM_TEST_CONF: '${STATE}/conf', OTHER: plain}")
        expectFailure(saying: "STRONGROOM_TEST_CONF", "--state") {
            _ = try source(
                "--profile", path, "--module", "/m.so", "--token", "pkcs11:token=a", "--pin-file", "/p"
            ).target()
        }
    }

    // MARK: Arguments

    @Test func `takes one format, and groups by name`() throws {
        #expect(throws: (any Error).self) { try ConformanceCommand.parse(["--json", "--junit"]) }
        #expect(throws: (any Error).self) { try ConformanceCommand.parse(["--group", "everything"]) }
        #expect(throws: (any Error).self) { try ConformanceCommand.parse(["--objects", "1"]) }
        #expect(throws: (any Error).self) { try ConformanceCommand.parse(["--patience", "0"]) }
        let command = try ConformanceCommand.parse(["--group", "aesGCM", "--group", "login", "--markdown"])
        #expect(command.group == [.aesGCM, .login])
        #expect(StrongroomCommand.helpMessage(for: ConformanceCommand.self).contains("strongroom conformance --module"))
    }

    // MARK: Progress

    private func shown(isTerminal: Bool, _ events: ConformanceRun.Event...) -> String {
        let text = Mutex("")
        var progress = ConformanceProgress(isTerminal: isTerminal) { line in text.withLock { $0 += line } }
        for event in events { progress.show(event) }
        return text.withLock { $0 }
    }

    private let finding = ConformanceFinding("login.one", .login, "One", .quirk, "")

    @Test func `shows a line for each group`() {
        let text = shown(
            isTerminal: false, .group(.login, number: 2, of: 16), .check("login.one", fact: "One"),
            .progress(done: 1, of: 2), .finding(finding), .groupEnded(.login, seconds: 1.26), .removing)
        #expect(text == "[2/16] Login and PIN rules: 1 QUIRK (1.3 s)\nremoving what the run made\n")
    }

    @Test func `shows on a terminal what is being tried, in one line that changes`() {
        let text = shown(
            isTerminal: true, .group(.login, number: 2, of: 16), .check("login.one", fact: "One"),
            .progress(done: 1, of: 2), .finding(finding), .groupEnded(.login, seconds: 0.2))
        #expect(text.contains("\r\u{1B}[K[2/16] Login and PIN rules: login.one, 1 of 2"))
        #expect(text.hasSuffix("\r\u{1B}[K[2/16] Login and PIN rules: 1 QUIRK (0.2 s)\n"))
        #expect(text.count { $0 == "\n" } == 1)
    }
}
