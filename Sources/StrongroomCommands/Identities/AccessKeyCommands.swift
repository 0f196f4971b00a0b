import ArgumentParser
import KMSAPIClient

struct AccessKeyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "access-key",
        abstract: "What users and services sign their requests with: two at a time, so that one can follow the other.",
        discussion: """
            strongroom identity access-key create --user ann --output ann.credentials --state DIR
            strongroom identity access-key rotate --user ann --output ann-2.credentials --state DIR

            Without --user and --service it is about your own: those of the user, or the account's root, as whom you \
            call.
            """,
        subcommands: [
            AccessKeyCreate.self, AccessKeyList.self, AccessKeyRotate.self, AccessKeyActivate.self,
            AccessKeyDeactivate.self, AccessKeyDelete.self,
        ]
    )
}

/// Whose access keys it is about.
struct AccessKeyOwner: ParsableArguments {
    @Option(help: "The user whose access key it is.")
    var user: String?

    @Option(help: "The service whose access key it is, as ec2.amazonaws.com.")
    var service: String?

    @Option(help: "With --service: its account. (default: yours)")
    var account: String?

    func validate() throws {
        if user != nil, service != nil { throw ValidationError("Give --user or --service, not both.") }
        if account != nil, service == nil { throw ValidationError("--account means nothing without --service.") }
    }

    /// - Parameters:
    ///   - verb: As in `Create`.
    ///   - plural: `s` of lists.
    func call(_ verb: String, _ plural: String = "", _ more: [String: String?] = [:]) -> QueryCall {
        let owner: [String: String?] = ["UserName": user, "ServiceName": service, "AccountId": account]
        return QueryCall(
            verb + (service == nil ? "" : "Service") + "AccessKey" + plural, owner.merging(more) { _, more in more })
    }

    /// How to name it in another command.
    var arguments: String {
        [("--user", user), ("--service", service), ("--account", account)]
            .map { option, value in value.map { " \(option) \($0)" } ?? "" }.joined()
    }

    var profileName: String { user ?? service.map { String($0.prefix { $0 != "." }) } ?? "root" }
}

struct AccessKeyCreate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create", abstract: "Make an access key. Its secret is told this once.",
        discussion: """
            strongroom identity access-key create --user ann --output ann.credentials --state DIR
            strongroom identity access-key create --user ann --profile-name ann --state DIR
            """
    )

    @OptionGroup var options: ClientOptions

    @OptionGroup var owner: AccessKeyOwner

    @OptionGroup var secret: SecretOutput

    func run() async throws {
        let sink = try secret.sink(owner.profileName, state: options.state)
        try await options.withClient { client in
            let id = try await client.makeAccessKey(owner, into: sink, options)
            if let use = sink.use, !options.json { print("The access key \(id) is made.\n\(use)") }
        }
    }
}

struct AccessKeyList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List access keys.",
        discussion: "strongroom identity access-key list --user ann --state DIR"
    )

    @OptionGroup var options: ClientOptions

    @OptionGroup var owner: AccessKeyOwner

    func run() async throws {
        try await options.list(owner.call("List", "s"), "AccessKeyMetadata", empty: "There are no access keys.") {
            [$0.text("AccessKeyId"), $0.text("Status"), $0.text("CreateDate")]
        }
    }
}

struct AccessKeyActivate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "activate", abstract: "Let an access key be used again.",
        discussion: "strongroom identity access-key activate AKIAIOSFODNN7EXAMPLE --user ann --state DIR"
    )

    @OptionGroup var options: ClientOptions

    @Argument(help: "The access key's id.")
    var id: String

    @OptionGroup var owner: AccessKeyOwner

    func run() async throws {
        try await options.call(
            owner.call("Update", "", ["AccessKeyId": id, "Status": "Active"]), done: "\(id) can be used.")
    }
}

struct AccessKeyDeactivate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "deactivate", abstract: "Keep an access key from being used.",
        discussion: "strongroom identity access-key deactivate AKIAIOSFODNN7EXAMPLE --user ann --state DIR"
    )

    @OptionGroup var options: ClientOptions

    @Argument(help: "The access key's id.")
    var id: String

    @OptionGroup var owner: AccessKeyOwner

    func run() async throws {
        try await options.call(
            owner.call("Update", "", ["AccessKeyId": id, "Status": "Inactive"]),
            done: "\(id) cannot be used any more. Have it back with: strongroom identity access-key activate \(id)"
                + owner.arguments)
    }
}

struct AccessKeyDelete: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "delete", abstract: "Delete an access key for good.",
        discussion: "strongroom identity access-key delete AKIAIOSFODNN7EXAMPLE --user ann --state DIR"
    )

    @OptionGroup var options: ClientOptions

    @Argument(help: "The access key's id.")
    var id: String

    @OptionGroup var owner: AccessKeyOwner

    @OptionGroup var confirmation: Confirmation

    func run() async throws {
        try confirmation.ask("This deletes the access key \(id)", otherwise: "nothing was deleted")
        try await options.call(owner.call("Delete", "", ["AccessKeyId": id]), done: "\(id) is gone.")
    }
}

extension KMSAPIClient {
    /// Makes an access key and puts it away; answers its id. One that cannot be put away is deleted again.
    func makeAccessKey(
        _ owner: AccessKeyOwner, into sink: SecretSink, _ options: ClientOptions
    ) async throws -> String {
        let answer = try await call(owner.call("Create"))
        let made = try NewCredentials(answer["AccessKey"], from: configuration)
        do {
            try sink.take(made, json: options.json ? answer.json : nil)
        } catch {
            do {
                _ = try await call(owner.call("Delete", "", ["AccessKeyId": made.accessKeyID]))
            } catch {
                note(
                    "the access key \(made.accessKeyID) is made, and its secret is lost; delete it with: strongroom "
                        + "identity access-key delete \(made.accessKeyID)\(owner.arguments)")
            }
            throw error
        }
        return made.accessKeyID
    }
}
