import ArgumentParser
import KMSAPIClient

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
