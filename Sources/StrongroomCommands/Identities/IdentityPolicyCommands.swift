import ArgumentParser
import KMSAPIClient
import KMSPolicy

struct IdentityPolicyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "policy", abstract: "What users and roles may do: managed policies, and policies of their own.",
        discussion: """
            strongroom identity policy put read-payroll policy.json --state DIR
            strongroom identity policy attach read-payroll --user ann --state DIR
            strongroom identity policy put own policy.json --role payroll-app --state DIR

            With --user or --role `put`, `show` and `delete` deal with a policy that is that one's own; without, with a \
            managed policy, which can be attached to many.
            """,
        subcommands: [
            IdentityPolicyPut.self, IdentityPolicyAttach.self, IdentityPolicyDetach.self, IdentityPolicyList.self,
            IdentityPolicyShow.self, IdentityPolicyDelete.self,
        ]
    )
}

struct IdentityPolicyPut: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "put", abstract: "Make a policy, or give it another text.",
        discussion: """
            strongroom identity policy put read-payroll policy.json --state DIR
            strongroom identity policy put own policy.json --user ann --state DIR

            A managed policy that is there gets a new version, which counts from then on; of five versions the oldest \
            goes.
            """
    )

    @OptionGroup var options: ClientOptions

    @Argument(help: "The policy's name.")
    var name: String

    @Argument(help: "A file with the policy as JSON; - is the standard input.")
    var file: String

    @OptionGroup var owner: PolicyOwnerOptions

    func run() async throws {
        let document = try PolicyFile.read(file, as: .identity)
        if let (noun, owner) = try owner.owner() {
            try await options.call(
                noun.call("Put", "Policy", of: owner, ["PolicyName": name, "PolicyDocument": document]),
                done: "The \(noun.word) \(owner) has the policy \(name).")
            return
        }
        let (answer, arn) = try await options.withClient { client -> (XMLElement?, String) in
            guard let arn = try await ManagedPolicyName(name).find(client) else {
                let made = try await client.call(
                    QueryCall("CreatePolicy", ["PolicyName": name, "PolicyDocument": document]))
                return (made, made["Policy"]?.text("Arn") ?? name)
            }
            let versions = try await client.list(QueryCall("ListPolicyVersions", ["PolicyArn": arn]), "Versions")
            var made = XMLElement?.none
            for call in PolicyVersions(versions).replacement(of: arn, document) { made = try await client.call(call) }
            return (made, arn)
        }
        try options.show(answer?.json ?? [:], "\(arn) has this text from now on.")
    }
}

struct IdentityPolicyAttach: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "attach", abstract: "Give a user or role what a managed policy allows.",
        discussion: "strongroom identity policy attach AdministratorAccess --user ann --state DIR"
    )

    @OptionGroup var options: ClientOptions

    @Argument(help: "The managed policy's name or ARN.")
    var policy: String

    @OptionGroup var owner: PolicyOwnerOptions

    func run() async throws {
        let (noun, name) = try owner.requiredOwner()
        let arn = try await options.withClient { client in
            let arn = try await ManagedPolicyName(policy).arn(client)
            _ = try await client.call(noun.call("Attach", "Policy", of: name, ["PolicyArn": arn]))
            return arn
        }
        print(options.json ? "{}" : "\(arn) is attached to the \(noun.word) \(name).")
    }
}

struct IdentityPolicyDetach: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "detach", abstract: "Take from a user or role what a managed policy allows.",
        discussion: "strongroom identity policy detach AdministratorAccess --user ann --state DIR"
    )

    @OptionGroup var options: ClientOptions

    @Argument(help: "The managed policy's name or ARN.")
    var policy: String

    @OptionGroup var owner: PolicyOwnerOptions

    func run() async throws {
        let (noun, name) = try owner.requiredOwner()
        let arn = try await options.withClient { client in
            let arn = try await ManagedPolicyName(policy).arn(client)
            _ = try await client.call(noun.call("Detach", "Policy", of: name, ["PolicyArn": arn]))
            return arn
        }
        print(options.json ? "{}" : "\(arn) is not attached to the \(noun.word) \(name) any more.")
    }
}

struct IdentityPolicyList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List managed policies, or the policies of a user or role.",
        discussion: """
            strongroom identity policy list --state DIR
            strongroom identity policy list --user ann --state DIR
            """
    )

    @OptionGroup var options: ClientOptions

    @OptionGroup var owner: PolicyOwnerOptions

    @Flag(help: "Also the managed policies that every account has.")
    var all = false

    func run() async throws {
        guard let (noun, name) = try owner.owner() else {
            let call = QueryCall("ListPolicies", ["Scope": all ? "All" : "Local"])
            return try await options.list(
                call, "Policies", empty: "There are no managed policies of the account's own."
            ) {
                [$0.text("PolicyName"), $0.text("Arn"), "attached \($0.text("AttachmentCount") ?? "0") times"]
            }
        }
        let (attached, inline) = try await options.withClient { client in
            (
                try await client.list(noun.call("ListAttached", "Policies", of: name), "AttachedPolicies"),
                try await client.list(noun.call("List", "Policies", of: name), "PolicyNames")
            )
        }
        let rows: [[String?]] =
            attached.map { ["attached", $0.text("PolicyName"), $0.text("PolicyArn")] }
            + inline.map { ["inline", $0.text, ""] }
        try options.show(
            JSONValue.object([
                "AttachedPolicies": .array(attached.map(\.json)), "PolicyNames": .strings(inline.map(\.text)),
            ]),
            rows.isEmpty ? "The \(noun.word) \(name) has no policies." : columns(rows))
    }
}

struct IdentityPolicyShow: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Print a policy's text.",
        discussion: "strongroom identity policy show read-payroll --state DIR > policy.json"
    )

    @OptionGroup var options: ClientOptions

    @Argument(help: "The policy's name, or a managed policy's ARN.")
    var policy: String

    @OptionGroup var owner: PolicyOwnerOptions

    func run() async throws {
        let owner = try owner.owner()
        let text = try await options.withClient { client in
            if let (noun, name) = owner {
                let answer = try await client.call(noun.call("Get", "Policy", of: name, ["PolicyName": policy]))
                return answer["PolicyDocument"]?.documentText ?? ""
            }
            let arn = try await ManagedPolicyName(policy).arn(client)
            let described = try await client.call(QueryCall("GetPolicy", ["PolicyArn": arn]))
            let version = described["Policy"]?.text("DefaultVersionId")
            let answer = try await client.call(
                QueryCall("GetPolicyVersion", ["PolicyArn": arn, "VersionId": version]))
            return answer["PolicyVersion"]?["Document"]?.documentText ?? ""
        }
        print(JSONValue(parsing: text)?.text(isPretty: true) ?? text)
    }
}

struct IdentityPolicyDelete: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "delete", abstract: "Delete a policy of a user's or role's own, or a managed one that nobody has.",
        discussion: "strongroom identity policy delete read-payroll --state DIR"
    )

    @OptionGroup var options: ClientOptions

    @Argument(help: "The policy's name, or a managed policy's ARN.")
    var policy: String

    @OptionGroup var owner: PolicyOwnerOptions

    @OptionGroup var confirmation: Confirmation

    func run() async throws {
        let owner = try owner.owner()
        try await options.withClient { client in
            let calls: [QueryCall]
            if let (noun, name) = owner {
                calls = [noun.call("Delete", "Policy", of: name, ["PolicyName": policy])]
            } else {
                let arn = try await ManagedPolicyName(policy).arn(client)
                let versions = try await client.list(QueryCall("ListPolicyVersions", ["PolicyArn": arn]), "Versions")
                calls = PolicyVersions(versions).removal(of: arn)
            }
            let whose = owner.map { " of the \($0.noun.word) \($0.name)" } ?? ""
            try confirmation.ask("This deletes the policy \(policy)\(whose)", otherwise: "nothing was deleted")
            for call in calls { _ = try await client.call(call) }
        }
        print(options.json ? "{}" : "The policy \(policy) is gone.")
    }
}
