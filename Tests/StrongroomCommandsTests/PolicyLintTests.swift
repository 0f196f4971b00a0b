import ArgumentParser
import FoundationEssentials
import KMSPolicy
import Testing

@testable import StrongroomCommands

struct PolicyLintTests {
    private let folder: TemporaryFolder
    private let openKey: String
    private let goodKey: String
    private let identity: String

    init() throws {
        folder = try TemporaryFolder()
        openKey = try folder.write(
            """
            {
              "Version": "2012-10-17",
              "Statement": [
                {"Sid": "Root", "Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "kms:*", \
            "Resource": "*"},
                {"Sid": "Open", "Effect": "Allow", "Principal": "*", "Action": "kms:Decrypt", "Resource": "*"}
              ]
            }
            """, to: "open key.json")
        goodKey = try folder.write(
            """
            {"Version": "2012-10-17", "Statement": {
              "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"}, "Action": "kms:*",
              "Resource": "*"
            }}
            """, to: "good.json")
        identity = try folder.write(
            """
            {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "kms:Decrypt", "Resource": "*"}}
            """, to: "identity.json")
    }

    private func run(_ arguments: String...) async throws -> (output: String, hasFailed: Bool) {
        let command = try PolicyLint.parse(arguments)
        let report = try await command.report()
        return (try command.output(of: report), command.hasFailed(report))
    }

    @Test func `the text names place, severity, check and remedy of every finding`() async throws {
        let (output, _) = try await run(openKey, identity)
        #expect(
            output == """
                \(openKey):4:5: info: statement "Root" delegates to the account: identity policies decide who changes \
                the policy [L16]
                    fix: Nothing, if that is meant.
                \(openKey):5:40: critical: statement "Open" allows everyone Decrypt [L1]
                    fix: Name the principals, or add a condition such as StringEquals with kms:CallerAccount or \
                aws:PrincipalOrgID.
                \(identity):1:85: medium: statement 1 allows kms:Decrypt with all keys [L6]
                    fix: Name the keys' ARNs in Resource.
                3 findings in 2 policies: 1 critical, 1 medium, 1 info.
                """)
    }

    @Test(arguments: [("critical", true), ("high", true), ("info", true)])
    func `a finding that is severe enough fails the command`(severity: String, fails: Bool) async throws {
        #expect(try await run(openKey, "--fail-on", severity).hasFailed == fails)
        await #expect(throws: ExitCode.failure) { try await PolicyLint.parse([openKey]).run() }
    }

    @Test func `findings that are not severe enough do not`() async throws {
        #expect(try await !run(identity).hasFailed)
        #expect(try await run(identity, "--fail-on", "medium").hasFailed)
        #expect(try await !run(goodKey, "--fail-on", "low").hasFailed)
        #expect(try await run(goodKey, "--fail-on", "info").hasFailed)
    }

    @Test func `what a file is can be said`() async throws {
        let asKey = try await run(identity, "--kind", "key")
        #expect(asKey.hasFailed && asKey.output.contains("\"Principal\""), "a key policy needs principals")
        #expect(try await run(goodKey, "--kind", "identity").hasFailed)
    }

    @Test func `the account tells own from foreign principals`() async throws {
        #expect(try await !run(goodKey, "--account", "111122223333").output.contains("[L4]"))
        #expect(try await run(goodKey, "--account", "444455556666").output.contains("[L4]"))
        let trusting = try await run(goodKey, "--account", "444455556666", "--trusted-account", "777788889999")
        #expect(trusting.output.contains("[L15]"))
    }

    @Test(arguments: [
        (Array("{".utf8), "not JSON"), ([0xFF, 0xFE, 0x7B], "not UTF-8"), ([], "not JSON"),
        (Array(repeating: 0x20, count: 131_073), "131072 bytes"),
    ])
    func `a file that is no policy is a finding`(bytes: [UInt8], words: String) async throws {
        let path = folder.path + "/broken.json"
        try Data(bytes).write(to: URL(filePath: path))
        let (output, hasFailed) = try await run(path)
        #expect(hasFailed)
        #expect(output.hasPrefix("\(path):1:") && output.contains("[L0]") && output.contains(words))
    }

    @Test func `a file that is not there is a failure that says so`() async throws {
        let missing = folder.path + "/missing.json"
        let failure = await #expect(throws: CommandFailure.self) { try await run(goodKey, missing) }
        #expect(failure?.message.contains(missing) == true)
        await #expect(throws: CommandFailure.self) { try await run(folder.path) }
    }

    @Test(arguments: [
        ["--account", "12"], ["--trusted-account", "not-an-account"], ["--fail-on", "never"], ["--format", "yaml"],
        ["--json", "--format", "sarif"], ["--kind", "trust"],
    ])
    func `arguments that make no sense are refused`(arguments: [String]) {
        #expect(throws: (any Error).self) { try PolicyLint.parse([goodKey] + arguments) }
    }

    @Test func `characters that steer a terminal are not printed`() async throws {
        let path = try folder.write(
            #"""
            {"Version": "2012-10-17", "Statement": {"Sid": "a\u001b[2Jb\nc\u202ed", "Effect": "Allow", "Principal": "*",
             "Action": "kms:Decrypt", "Resource": "*"}}
            """#, to: "steering.json")
        let (output, _) = try await run(path)
        #expect(output.contains("[L1]"))
        #expect(!output.unicodeScalars.contains { $0.value < 0x20 && $0 != "\n" || $0.value == 0x202E })
        #expect(
            output.split(separator: "\n").allSatisfy {
                $0.hasPrefix(path) || $0.hasPrefix("    fix") || $0.contains("findings in")
            })
    }
}
