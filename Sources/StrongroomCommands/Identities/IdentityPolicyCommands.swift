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

            With --user or --role `put`, `show` and `delete` deal with a policy that is that one's own; without, with \
            a managed policy, which can be attached to many.
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
