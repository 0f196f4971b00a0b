import ArgumentParser
import FoundationEssentials
import KMSAPIClient

/// How the commands that talk to a KMS find it: as the AWS CLI does, or by a state directory.
struct ClientOptions: ParsableArguments {
    @Option(help: "Use the credentials and the endpoint of this state directory.")
    var state: String?

    @Option(help: "The profile in the AWS credentials and configuration files.")
    var profile: String?

    @Option(help: "The endpoint, as http://127.0.0.1:8470.")
    var endpointURL: String?

    @Option(help: "The AWS Region.")
    var region: String?

    @Flag(help: "Print the service's answer as JSON.")
    var json = false

    /// Calls the KMS with a client that is shut down afterwards.
    func withClient<T>(_ body: (KMSAPIClient) async throws -> T) async throws -> T {
        let settings = ExplicitSettings(
            profile: profile ?? (state == nil ? nil : "strongroom"), region: region, endpointURL: endpointURL
        )
        return try await KMSAPIClient.withClient(try resolver.resolve(settings), body)
    }

    private var resolver: ConfigurationResolver {
        guard let state else { return .system }
        let credentials = StateDirectory(state).credentials
        // Nothing of the user's own AWS settings: with --state the state directory is meant.
        let environment = ["AWS_SHARED_CREDENTIALS_FILE": credentials, "AWS_CONFIG_FILE": "/dev/null"]
        return ConfigurationResolver(environment: environment) { path throws(ClientConfigurationError) in
            guard path == credentials else { return nil }
            guard let data = FileManager.default.contents(atPath: path) else {
                throw ClientConfigurationError(
                    "\(path) cannot be read", hint: "make a state directory with: strongroom init --state DIR"
                )
            }
            return String(decoding: data, as: UTF8.self)
        }
    }

    /// Calls an operation; prints the answer as it came with `--json`, and else what `text` makes of it.
    func call<Output: Codable>(
        _ operation: String, _ input: some Encodable, returning: Output.Type, _ text: (Output) -> String
    ) async throws {
        let output = try await withClient { try await $0.call(operation, input, returning: Output.self) }
        try show(output, text(output))
    }

    /// Calls an operation that answers nothing.
    func call(_ operation: String, _ input: some Encodable, done: String) async throws {
        try await withClient { client in
            let nothing: Void = try await client.call(operation, input); return nothing
        }
        print(json ? "{}" : done)
    }

    func show(_ output: some Encodable, _ text: String) throws {
        guard json else { return print(text) }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        encoder.dateEncodingStrategy = .secondsSince1970
        print(String(decoding: try encoder.encode(output), as: UTF8.self))
    }
}
