import ArgumentParser
import KMSAPIClient

struct ServiceCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "service",
        abstract: "Services that call for their users, and are believed whom they call for. For the server's operator.",
        discussion: """
            strongroom identity service create ec2.amazonaws.com --state DIR
            strongroom identity access-key create --service ec2.amazonaws.com --output ec2.credentials --state DIR

            A service gets credentials that act as a user, with kms:ViaService set, by sts:AssumeRole with the user's \
            ARN. Only callers of the server's first account can make one.
            """,
        subcommands: [ServiceCreate.self, ServiceList.self, ServiceDelete.self]
    )
}

struct ServiceCreate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create", abstract: "Make a service.",
        discussion: "strongroom identity service create ec2.amazonaws.com --state DIR"
    )

    @OptionGroup var options: ClientOptions

    @Argument(help: "The service's name, as policies have it: ec2.amazonaws.com.")
    var name: String

    @Option(help: "The account whose users it calls for. (default: yours)")
    var account: String?

    func run() async throws {
        let more = account.map { " --account \($0)" } ?? ""
        try await options.call(QueryCall("CreateService", ["ServiceName": name, "AccountId": account])) { _ in
            """
            The service \(name) is made.
            Give it an access key with: strongroom identity access-key create --service \(name)\(more)
            """
        }
    }
}

struct ServiceList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the services of an account.",
        discussion: "strongroom identity service list --state DIR"
    )

    @OptionGroup var options: ClientOptions

    @Option(help: "The account. (default: yours)")
    var account: String?

    func run() async throws {
        let call = QueryCall("ListServices", ["AccountId": account])
        try await options.list(call, "Services", empty: "There are no services.") {
            [$0.text("ServiceName"), $0.text("ServiceId"), $0.text("CreateDate")]
        }
    }
}

struct ServiceDelete: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "delete", abstract: "Delete a service with its access keys; what it does for users ends.",
        discussion: "strongroom identity service delete ec2.amazonaws.com --state DIR"
    )

    @OptionGroup var options: ClientOptions

    @Argument(help: "The service's name.")
    var name: String

    @Option(help: "Its account. (default: yours)")
    var account: String?

    @OptionGroup var confirmation: Confirmation

    func run() async throws {
        try confirmation.ask("This deletes the service \(name) and its access keys", otherwise: "nothing was deleted")
        try await options.call(
            QueryCall("DeleteService", ["ServiceName": name, "AccountId": account]),
            done: "The service \(name) is gone.")
    }
}
