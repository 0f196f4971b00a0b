import ArgumentParser
import KMSAPIClient

struct AccountCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "account", abstract: "Accounts: what keys and identities belong to. For the server's operator.",
        discussion:
            "strongroom identity account create 222233334444 --name team-b --output team-b.credentials --state DIR",
        subcommands: [AccountCreate.self, AccountList.self]
    )
}

struct AccountCreate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create", abstract: "Make an account with its first user, administrator, and an access key of it.",
        discussion: """
            strongroom identity account create 222233334444 --name team-b --output team-b.credentials --state DIR

            The user may do everything in the account, and nothing outside of it. Only callers of the server's first \
            account, the one in strongroom.yaml, can make accounts; their policies have to allow \
            strongroom:CreateAccount.
            """
    )

    @OptionGroup var options: ClientOptions

    @Argument(help: "The account's id: 12 digits that you choose.")
    var id: String

    @Option(help: "What to call it.")
    var name: String

    @OptionGroup var secret: SecretOutput

    func run() async throws {
        let sink = try secret.sink(name, state: options.state)
        try await options.withClient { client in
            let answer = try await client.call(QueryCall("CreateAccount", ["AccountId": id, "AccountName": name]))
            let made = try NewCredentials(answer["AccessKey"], from: client.configuration)
            do {
                try sink.take(made, json: options.json ? answer.json : nil)
            } catch {
                note("the account \(id) is made; here are the credentials of its administrator after all")
                try SecretSink(.standardOutput, sink.profile).take(made, json: nil)
                throw error
            }
            if let use = sink.use, !options.json { print("The account \(id) is made.\n\(use)") }
        }
    }
}

struct AccountList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the server's accounts.",
        discussion: "strongroom identity account list --state DIR"
    )

    @OptionGroup var options: ClientOptions

    func run() async throws {
        try await options.list(QueryCall("ListAccounts"), "Accounts", empty: "There are no accounts.") {
            [$0.text("AccountId"), $0.text("AccountName"), $0.text("CreateDate")]
        }
    }
}
