// swift-format-ignore-file: AlwaysUseLowerCamelCase

// The names of what is sent are the wire's.
import ArgumentParser
import KMSAPIClient

struct KeyReplicate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replicate", abstract: "Make a multi-Region key usable in one more Region.",
        discussion: """
            strongroom key create --state DIR --multi-region
            strongroom key replicate mrk-1234abcd12ab34cd56ef1234567890ab us-west-2 --state DIR

            The replica has the key's id and material, and a policy, tags, aliases and grants of its own. Its state is \
            Creating until the material is in its Region's token, wrapped all the way. To be called in the Region of the \
            primary key.
            """
    )

    private struct Input: Encodable {
        var KeyId: String
        var ReplicaRegion: String
        var Description: String?
        var Tags: [TagInput]?
    }

    private struct Output: Codable {
        var ReplicaKeyMetadata: KeyOutput.Metadata
    }

    @OptionGroup var options: ClientOptions

    @Argument(help: "The primary key's id or ARN.")
    var key: String

    @Argument(help: "The Region that it is to be in.")
    var region: String

    @Option(help: "What the replica is for.")
    var description: String?

    @Option(help: "A tag of the replica as NAME=VALUE; can be given several times.")
    var tag: [String] = []

    func run() async throws {
        let input = Input(KeyId: key, ReplicaRegion: region, Description: description, Tags: try TagInput.all(tag))
        try await options.call("ReplicateKey", input, returning: Output.self) { output in
            KeyOutput(KeyMetadata: output.ReplicaKeyMetadata).text
        }
    }
}

struct KeyUpdatePrimaryRegion: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "update-primary-region", abstract: "Make another Region's replica the primary key.",
        discussion: """
            strongroom key update-primary-region mrk-1234abcd12ab34cd56ef1234567890ab us-west-2 --state DIR

            The primary is what is rotated and replicated, and the last to be deleted. To be called in the Region of the \
            primary key.
            """
    )

    private struct Input: Encodable {
        var KeyId: String
        var PrimaryRegion: String
    }

    @OptionGroup var options: ClientOptions

    @Argument(help: "The primary key's id or ARN.")
    var key: String

    @Argument(help: "The Region whose replica becomes the primary key.")
    var region: String

    func run() async throws {
        try await options.call(
            "UpdatePrimaryRegion", Input(KeyId: key, PrimaryRegion: region),
            done: "\(key) has its primary in \(region).")
    }
}
