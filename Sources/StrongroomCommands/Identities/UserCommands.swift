import ArgumentParser
import KMSAPIClient

struct UserCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "user", abstract: "Users: people and programs with access keys of their own.",
        discussion: "strongroom identity user create ann --state DIR",
        subcommands: [UserCreate.self, UserList.self, UserShow.self, UserDelete.self]
    )
}

struct UserCreate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create", abstract: "Make a user.",
        discussion: """
            strongroom identity user create ann --tag team=finance --state DIR

            A new user has no access key and may do nothing: see `identity access-key create` and `identity policy \
            attach`.
            """
    )

    @OptionGroup var options: ClientOptions

    @Argument(help: "The user's name.")
    var name: String

    @Option(help: "A path as /team/, which becomes part of the ARN.")
    var path: String?

    @Option(help: "The permissions boundary: a managed policy by its name or ARN.")
    var boundary: String?

    @OptionGroup var tag: TagOption

    func run() async throws {
        let tags = try tag.tags()
        let user = try await options.withClient { client in
            let boundary = try await ManagedPolicyName(boundary)?.arn(client)
            let call = QueryCall(
                "CreateUser", ["UserName": name, "Path": path, "PermissionsBoundary": boundary])
            return try await client.call(call.adding(tags: tags))
        }
        try options.show(
            user.json,
            """
            \(user["User"]?.text("Arn") ?? name) is made.
            Give it an access key with: strongroom identity access-key create --user \(name)
            """)
    }
}

struct UserList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the account's users.",
        discussion: "strongroom identity user list --state DIR"
    )

    @OptionGroup var options: ClientOptions

    @Option(help: "Only those whose path begins so.")
    var pathPrefix: String?

    func run() async throws {
        let call = QueryCall("ListUsers", ["PathPrefix": pathPrefix])
        try await options.list(call, "Users", empty: "There are no users.") {
            [$0.text("UserName"), $0.text("Arn"), $0.text("CreateDate")]
        }
    }
}

struct UserShow: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show a user with its policies, access keys and multi-factor devices.",
        discussion: "strongroom identity user show ann --state DIR"
    )

    @OptionGroup var options: ClientOptions

    @Argument(help: "The user's name.")
    var name: String

    func run() async throws {
        try await options.withClient { client in
            let details = try await IdentityDetails.read(.user, name, client)
            let keys = try await client.list(QueryCall("ListAccessKeys", ["UserName": name]), "AccessKeyMetadata")
            let devices = try await client.list(QueryCall("ListMFADevices", ["UserName": name]), "MFADevices")
            guard case .object(var json) = details.json else { return }
            json["AccessKeyMetadata"] = .array(keys.map(\.json))
            json["MFADevices"] = .array(devices.map(\.json))
            let shown = keys.map { "\($0.text("AccessKeyId") ?? "-") (\($0.text("Status")?.lowercased() ?? "-"))" }
            let more: [(String, String?)] = [
                ("access keys", shown.joined(separator: ", ")),
                ("mfa devices", devices.compactMap { $0.text("SerialNumber") }.joined(separator: ", ")),
            ]
            try options.show(JSONValue.object(json), aligned(details.lines + more))
        }
    }
}

struct UserDelete: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "delete", abstract: "Delete a user with its access keys, devices and own policies.",
        discussion: """
            strongroom identity user delete ann --state DIR

            A new user of the same name is somebody else: key policies, grants and trust policies that name the old \
            one do not mean it.
            """
    )

    @OptionGroup var options: ClientOptions

    @Argument(help: "The user's name.")
    var name: String

    @OptionGroup var confirmation: Confirmation

    func run() async throws {
        try await options.delete(.user, name, confirmation)
    }
}

extension ClientOptions {
    /// Deletes a user or role with all that is its own.
    func delete(_ noun: IdentityNoun, _ name: String, _ confirmation: Confirmation) async throws {
        try await withClient { client in
            let details = try await IdentityDetails.read(noun, name, client)
            let calls = try await details.removal(client)
            try confirmation.ask(
                "This deletes the \(noun.word) \(name) and all that is its own", otherwise: "nothing was deleted")
            for call in calls { _ = try await client.call(call) }
        }
        print(json ? "{}" : "The \(noun.word) \(name) is gone.")
    }
}
