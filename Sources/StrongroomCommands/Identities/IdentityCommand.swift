import ArgumentParser
import KMSAPIClient

struct IdentityCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "identity",
        abstract: "Make, show and end accounts, users, roles, services, access keys and policies.",
        discussion: """
            strongroom identity user create ann --state DIR
            strongroom identity policy attach AdministratorAccess --user ann --state DIR
            strongroom identity access-key create --user ann --output ann.credentials --state DIR
            strongroom identity apply identities.yaml --dry-run --state DIR
            """,
        subcommands: [
            IdentityWhoAmI.self, IdentityApply.self, UserCommand.self, RoleCommand.self, IdentityPolicyCommand.self,
            AccessKeyCommand.self, MFACommand.self, IdentityAssume.self, ServiceCommand.self, AccountCommand.self,
            NewRootKey.self,
        ]
    )
}

struct IdentityWhoAmI: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "whoami", abstract: "Show as whom the other commands would call.",
        discussion: "strongroom identity whoami --state DIR"
    )

    @OptionGroup var options: ClientOptions

    func run() async throws {
        let caller = try await options.withClient { try await $0.call(QueryCall("GetCallerIdentity", of: .sts)) }
        try options.show(
            caller.json,
            aligned([
                ("arn", caller.text("Arn")), ("account", caller.text("Account")), ("id", caller.text("UserId")),
            ]))
    }
}
