import ArgumentParser
import FoundationEssentials
import Glibc
import KMSAPIClient
import KMSPolicy

struct IdentityAssume: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "assume", abstract: "Get temporary credentials of a role.",
        discussion: """
            strongroom identity assume arn:aws:iam::111122223333:role/payroll-app --output app.credentials --state DIR

            With --json they are printed as the AWS SDKs' credential_process wants them, so that a profile can have:
              credential_process = strongroom identity assume ROLE-ARN --json --state DIR
            """
    )

    @OptionGroup var options: ClientOptions

    @Argument(help: "The role's ARN.")
    var role: String

    @Option(help: "The session's name, which is part of its ARN. (default: your login's name)")
    var sessionName: String?

    @Option(help: "How long the credentials are good, in seconds, from 900. (default: 3600)")
    var duration: Int?

    @Option(help: "What the trust policy may ask for as sts:ExternalId.")
    var externalID: String?

    @Option(help: "A file with a policy that limits the session; - is the standard input.")
    var policy: String?

    @Option(
        help: "Your multi-factor device's serial number, for trust policies that ask for one; the code is asked for.")
    var serialNumber: String?

    @OptionGroup var tag: TagOption

    @OptionGroup var secret: SecretOutput

    func run() async throws {
        let sink = try secret.sink(role.split(separator: "/").last.map(String.init) ?? role, state: options.state)
        var call = QueryCall(
            "AssumeRole", of: .sts,
            [
                "RoleArn": role, "RoleSessionName": sessionName ?? Self.loginName,
                "DurationSeconds": duration.map(String.init), "ExternalId": externalID, "SerialNumber": serialNumber,
            ]
        ).adding(tags: try tag.tags())
        if let policy { call.parameters["Policy"] = try PolicyFile.read(policy, as: .identity) }
        if serialNumber != nil { call.parameters["TokenCode"] = try AuthenticatorCode.ask("Code: ") }
        try await options.withClient { client in
            let answer = try await client.call(call)
            let credentials = try NewCredentials(answer["Credentials"], from: client.configuration)
            try sink.take(credentials, json: options.json ? credentials.processJSON : nil)
            guard let use = sink.use, !options.json else { return }
            let arn = answer["AssumedRoleUser"]?.text("Arn") ?? role
            print("You can be \(arn) until \(credentials.expiration ?? "further notice").\n\(use)")
        }
    }

    /// As session names may be.
    private static var loginName: String {
        let name = (ProcessInfo.processInfo.environment["USER"] ?? "").utf8.filter { byte in
            let character = Character(UnicodeScalar(byte))
            return byte < 0x80 && (character.isLetter || character.isNumber || "_=,.@-".contains(character))
        }
        return name.count < 2 ? "strongroom" : String(decoding: name.prefix(64), as: UTF8.self)
    }
}

/// The codes of an authenticator.
enum AuthenticatorCode {
    /// Asks for six digits.
    static func ask(_ question: String) throws(CommandFailure) -> String {
        guard isatty(0) == 1 else {
            throw CommandFailure("there is no terminal to ask for a code", hint: "run the command on a terminal")
        }
        for _ in 0..<3 {
            put(question, on: 2)
            guard let line = readLine() else { break }
            let digits = line.filter { !$0.isWhitespace }
            if digits.utf8.count == 6, digits.utf8.allSatisfy({ 0x30...0x39 ~= $0 }) { return digits }
            put("A code has six digits.\n", on: 2)
        }
        throw CommandFailure("no code was given")
    }
}
