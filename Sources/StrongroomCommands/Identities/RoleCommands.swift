import ArgumentParser
import KMSAPIClient
import KMSPolicy

struct RoleCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "role", abstract: "Roles: permissions that others can have for a while.",
        discussion: "strongroom identity role create payroll-app --trust trust.json --state DIR",
        subcommands: [RoleCreate.self, RoleList.self, RoleShow.self, RoleDelete.self]
    )
}

struct RoleCreate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create", abstract: "Make a role.",
        discussion: """
            strongroom identity role create payroll-app --trust trust.json --state DIR

            The trust policy says who may assume the role:
              {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole",
               "Principal": {"AWS": "arn:aws:iam::111122223333:user/ann"}}]}
            """
    )

    @OptionGroup var options: ClientOptions

    @Argument(help: "The role's name.")
    var name: String

    @Option(help: "A file with the trust policy as JSON; - is the standard input.")
    var trust: String

    @Option(help: "A path as /team/, which becomes part of the ARN.")
    var path: String?

    @Option(help: "What the role is for.")
    var description: String?

    @Option(help: "How long a session may last, in seconds, from 3600 to 43200. (default: 3600)")
    var maxSessionDuration: Int?

    @Option(help: "The permissions boundary: a managed policy by its name or ARN.")
    var boundary: String?

    @OptionGroup var tag: TagOption

    func run() async throws {
        let tags = try tag.tags()
        let document = try PolicyFile.read(trust, as: .trust)
        let role = try await options.withClient { client in
            let boundary = try await ManagedPolicyName(boundary)?.arn(client)
            let call = QueryCall(
                "CreateRole",
                [
                    "RoleName": name, "AssumeRolePolicyDocument": document, "Path": path, "Description": description,
                    "MaxSessionDuration": maxSessionDuration.map(String.init), "PermissionsBoundary": boundary,
                ])
            return try await client.call(call.adding(tags: tags))
        }
        let arn = role["Role"]?.text("Arn") ?? name
        try options.show(
            role.json,
            """
            \(arn) is made.
            Whoever it trusts gets credentials with: strongroom identity assume \(arn)
            """)
    }
}

struct RoleList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the account's roles.",
        discussion: "strongroom identity role list --state DIR"
    )

    @OptionGroup var options: ClientOptions

    @Option(help: "Only those whose path begins so.")
    var pathPrefix: String?

    func run() async throws {
        let call = QueryCall("ListRoles", ["PathPrefix": pathPrefix])
        try await options.list(call, "Roles", empty: "There are no roles.") {
            [$0.text("RoleName"), $0.text("Arn"), $0.text("CreateDate")]
        }
    }
}

struct RoleShow: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show a role with its policies, and whom it trusts.",
        discussion: "strongroom identity role show payroll-app --state DIR"
    )

    @OptionGroup var options: ClientOptions

    @Argument(help: "The role's name.")
    var name: String

    func run() async throws {
        let details = try await options.withClient { try await IdentityDetails.read(.role, name, $0) }
        let trust = details.element["AssumeRolePolicyDocument"]?.documentText ?? ""
        let more = [("max session", details.element.text("MaxSessionDuration").map { "\($0) s" })]
        let shown = JSONValue(parsing: trust)?.text(isPretty: true) ?? trust
        try options.show(details.json, aligned(details.lines + more) + "\n" + shown)
    }
}

struct RoleDelete: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "delete", abstract: "Delete a role with its own policies; its sessions end.",
        discussion: "strongroom identity role delete payroll-app --state DIR"
    )

    @OptionGroup var options: ClientOptions

    @Argument(help: "The role's name.")
    var name: String

    @OptionGroup var confirmation: Confirmation

    func run() async throws {
        try await options.delete(.role, name, confirmation)
    }
}
