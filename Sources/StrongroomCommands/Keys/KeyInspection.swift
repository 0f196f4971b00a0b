import ArgumentParser
import KMSAPIClient

struct KeyPublicKey: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "public-key", abstract: "Show the public key of a key pair.",
        discussion: "strongroom key public-key alias/signing --pem --state DIR > signing.pem"
    )

    @OptionGroup var options: ClientOptions

    @Argument(help: "The key's id, ARN, alias name or alias ARN.")
    var key: String

    @Flag(help: "Print the PEM alone (SubjectPublicKeyInfo), as openssl takes it.")
    var pem = false

    func run() async throws {
        guard !(pem && options.json) else {
            throw CommandFailure("--pem and --json are given", hint: "give one of them")
        }
        try await options.call("GetPublicKey", KeyInput(KeyId: key), returning: PublicKeyOutput.self) { output in
            // `print` ends the last line.
            String((pem ? output.pem : output.text).dropLast())
        }
    }
}

struct KeyLastUsageCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "last-usage", abstract: "Show when a key was last used, and for what.",
        discussion: "strongroom key last-usage 1234abcd-12ab-34cd-56ef-1234567890ab --state DIR"
    )

    @OptionGroup var options: ClientOptions

    @Argument(help: "The key's id or ARN.")
    var key: String

    func run() async throws {
        try await options.call("GetKeyLastUsage", KeyInput(KeyId: key), returning: LastUsageOutput.self, \.text)
    }
}
