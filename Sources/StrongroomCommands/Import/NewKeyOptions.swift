import ArgumentParser
import KMSAPIClient

/// The key of origin EXTERNAL that `--create` makes first.
struct NewKeyOptions: ParsableArguments {
    @Flag(help: "Make a new key of origin EXTERNAL for the material.")
    var create = false

    @Option(help: "With --create: what the key is for.")
    var description: String?

    @Option(help: "With --create: a name for the key, with or without its alias/.")
    var alias: String?

    @Option(help: "With --create: the key spec. (default: SYMMETRIC_DEFAULT)")
    var keySpec: String?

    @Option(help: "With --create: the key usage, where the key spec leaves a choice.")
    var keyUsage: String?

    @Option(help: "With --create: a tag as NAME=VALUE; can be given several times.")
    var tag: [String] = []

    var given: [String] {
        let all: [(name: String, isGiven: Bool)] = [
            ("--create", create), ("--description", description != nil), ("--alias", alias != nil),
            ("--key-spec", keySpec != nil), ("--key-usage", keyUsage != nil), ("--tag", !tag.isEmpty),
        ]
        return all.filter(\.isGiven).map(\.name)
    }

    func check() throws(CommandFailure) {
        if !create, let stray = given.first {
            throw CommandFailure("\(stray) means nothing without --create", hint: "see: strongroom key --help")
        }
    }

    var specName: String { keySpec ?? "SYMMETRIC_DEFAULT" }

    func input() throws(CommandFailure) -> CreateKeyInput {
        CreateKeyInput(
            Description: description, Tags: try TagInput.all(tag), KeySpec: specName,
            KeyUsage: try CreateKeyInput.usage(keyUsage, of: specName), Origin: "EXTERNAL"
        )
    }

    /// With the prefix that every alias has.
    var aliasName: String? {
        alias.map { $0.hasPrefix("alias/") ? $0 : "alias/" + $0 }
    }
}
