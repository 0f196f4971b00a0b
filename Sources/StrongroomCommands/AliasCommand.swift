import ArgumentParser
import KMSAPIClient

struct AliasCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "alias",
        abstract: "Name keys, on this or any other AWS-compatible KMS.",
        discussion: "strongroom alias create alias/payroll 1234abcd-12ab-34cd-56ef-1234567890ab --state DIR",
        subcommands: [AliasList.self, AliasCreate.self, AliasUpdate.self, AliasDelete.self]
    )
}

struct AliasList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the aliases of the Region, or of one key.",
        discussion: "strongroom alias list --state DIR"
    )

    @OptionGroup var options: ClientOptions

    @Option(help: "Only the aliases of this key: its id or ARN.")
    var key: String?

    func run() async throws {
        let aliases = try await options.withClient { client in
            try await client.list("ListAliases", pages: AliasPage.self) { ListInput(KeyId: key, Marker: $0) }
        }
        let text = aliases.map { "\($0.AliasName)  \($0.TargetKeyId ?? "-")" }.joined(separator: "\n")
        try options.show(["Aliases": aliases], aliases.isEmpty ? "There are no aliases." : text)
    }
}

struct AliasCreate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create", abstract: "Give a key a name.",
        discussion: "strongroom alias create alias/payroll 1234abcd-12ab-34cd-56ef-1234567890ab --state DIR"
    )

    @OptionGroup var options: ClientOptions

    @Argument(help: "The name, with its alias/.")
    var name: String

    @Argument(help: "The key's id or ARN.")
    var key: String

    func run() async throws {
        let input = AliasInput(AliasName: name, TargetKeyId: key)
        try await options.call("CreateAlias", input, done: "\(name) names \(key).")
    }
}

struct AliasUpdate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "update", abstract: "Let a name stand for another key.",
        discussion: "strongroom alias update alias/payroll 1234abcd-12ab-34cd-56ef-1234567890ab --state DIR"
    )

    @OptionGroup var options: ClientOptions

    @Argument(help: "The name, with its alias/.")
    var name: String

    @Argument(help: "The key's id or ARN.")
    var key: String

    func run() async throws {
        let input = AliasInput(AliasName: name, TargetKeyId: key)
        try await options.call("UpdateAlias", input, done: "\(name) names \(key) from now on.")
    }
}

struct AliasDelete: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "delete", abstract: "Take a name away; its key stays.",
        discussion: "strongroom alias delete alias/payroll --state DIR"
    )

    @OptionGroup var options: ClientOptions

    @Argument(help: "The name, with its alias/.")
    var name: String

    func run() async throws {
        try await options.call("DeleteAlias", AliasInput(AliasName: name), done: "\(name) is gone.")
    }
}
