// swift-format-ignore-file: AlwaysUseLowerCamelCase

// The names are the wire's.
import ArgumentParser
import FoundationEssentials
import KMSAPIClient

/// What `key create --hardened` is told besides.
struct HardenedOptions: ParsableArguments {
    @Option(
        help: """
            Make the key by best practice: alias/NAME, yearly rotation, administrators and users apart, a deletion \
            that takes 30 days and asks for the name, and the managed policies allow-encrypt-NAME, \
            allow-decrypt-NAME and allow-crypto-NAME.
            """)
    var hardened: String?

    @Option(help: "With --hardened: a label, which becomes the tag classification.")
    var classification: String?

    @Option(
        parsing: .upToNextOption,
        help: "With --hardened: ARNs of those who administer the key and cannot use it. (default: you)")
    var administrators: [String] = []

    @Option(
        parsing: .upToNextOption,
        help: "With --hardened: ARNs of those who use the key and cannot administer it. (default: who has the policies)"
    )
    var users: [String] = []

    @Option(help: "With --hardened: days between rotations, from 90 to 2560. (default: 365)")
    var rotationPeriod: Int?

    func check() throws(CommandFailure) {
        let others: [(String, Bool)] = [
            ("--classification", classification != nil), ("--administrators", !administrators.isEmpty),
            ("--users", !users.isEmpty), ("--rotation-period", rotationPeriod != nil),
        ]
        if hardened == nil, let stray = others.first(where: \.1) {
            throw CommandFailure(
                "\(stray.0) means nothing without --hardened NAME", hint: "see: strongroom key create --help")
        }
        // Found out now, and not when there is a key already.
        guard (90...2560).contains(rotationPeriod ?? 365) else {
            throw CommandFailure("the rotation period has to be from 90 to 2560 days")
        }
    }
}

/// What `key create --hardened` made.
struct HardenedKeyOutput: Encodable {
    var KeyMetadata: KeyOutput.Metadata
    var AliasName: String
    var RotationPeriodInDays: Int
    var Administrators: [String]
    var Users: [String]
    var PolicyArns: [String]

    var text: String {
        KeyOutput(KeyMetadata: KeyMetadata).text + "\n"
            + aligned([
                ("alias", AliasName), ("rotation", "every \(RotationPeriodInDays) days"),
                ("administrators", Administrators.joined(separator: ", ")), ("users", Users.joined(separator: ", ")),
            ]) + PolicyArns.map { "\npolicy           \($0)" }.joined()
            + "\nLet somebody use it with: strongroom identity policy attach allow-crypto-"
            + "\(AliasName.withoutAliasPrefix) --user NAME"
    }
}

/// Makes a hardened key step by step, and takes all of it back when a step fails.
struct HardenedKeyMaker {
    let client: KMSAPIClient
    let input: CreateKeyInput
    let rotationPeriod: Int
    private var undo = Undo()

    init(_ client: KMSAPIClient, _ input: CreateKeyInput, rotationPeriod: Int?) {
        self.client = client
        self.input = input
        self.rotationPeriod = rotationPeriod ?? 365
    }

    mutating func make(_ options: HardenedOptions, _ name: String) async throws -> HardenedKeyOutput {
        let caller = try await CallingIdentity.find(client)
        if options.administrators.isEmpty, caller.isRoot {
            throw CommandFailure(
                "you call as the account's root, which cannot be kept from using a key",
                hint: "name who administers it with --administrators")
        }
        let plan = HardenedKey(
            name: name, classification: options.classification, account: caller.account,
            administrators: options.administrators.isEmpty ? [caller.arn] : options.administrators, users: options.users
        )
        try plan.check(caller: caller.arn)
        try await checkThatNothingIsInTheWay(plan, caller.account)
        do {
            return try await make(plan)
        } catch {
            note("a step failed, and what was made before is taken back")
            for line in await undo.run() { note(line) }
            throw error
        }
    }

    private mutating func make(_ plan: HardenedKey) async throws -> HardenedKeyOutput {
        var input = input
        input.Policy = plan.keyPolicy.text(isPretty: true)
        input.Tags = plan.tags + (input.Tags ?? [])
        let client = client
        let key = try await client.call("CreateKey", input, returning: KeyOutput.self).KeyMetadata
        undo.add("the key \(key.KeyId)", remedy: "strongroom key schedule-deletion \(key.KeyId)") {
            let window = ScheduleInput(KeyId: key.KeyId, PendingWindowInDays: HardenedKey.waitingDays)
            let date = try await client.call("ScheduleKeyDeletion", window, returning: ScheduleOutput.self).DeletionDate
            return "the key \(key.KeyId) will be destroyed on \(date.formatted(.iso8601)), not earlier"
        }
        try await client.call(
            "EnableKeyRotation", EnableRotationInput(KeyId: key.KeyId, RotationPeriodInDays: rotationPeriod))
        try await client.call("CreateAlias", AliasInput(AliasName: plan.alias, TargetKeyId: key.KeyId))
        undo.add(plan.alias, remedy: "strongroom alias delete \(plan.alias)") {
            try await client.call("DeleteAlias", AliasInput(AliasName: plan.alias))
            return "\(plan.alias) is gone"
        }
        var policies: [String] = []
        for policy in plan.managedPolicies(key.Arn) {
            let call = QueryCall(
                "CreatePolicy",
                [
                    "PolicyName": policy.name, "Description": policy.description,
                    "PolicyDocument": policy.document.text(isPretty: true),
                ])
            let arn = try await client.call(call)["Policy"]?.text("Arn") ?? policy.name
            undo.add("the policy \(policy.name)", remedy: "strongroom identity policy delete \(policy.name)") {
                _ = try await client.call(QueryCall("DeletePolicy", ["PolicyArn": arn]))
                return "the policy \(policy.name) is gone"
            }
            policies.append(arn)
        }
        return HardenedKeyOutput(
            KeyMetadata: key, AliasName: plan.alias, RotationPeriodInDays: rotationPeriod,
            Administrators: plan.administrators, Users: plan.users, PolicyArns: policies)
    }

    /// Names that are taken are found out before there is a key that takes 30 days to go.
    private func checkThatNothingIsInTheWay(_ plan: HardenedKey, _ account: String) async throws {
        let aliases = try await client.list("ListAliases", pages: AliasPage.self) { ListInput(Marker: $0) }
        guard !aliases.contains(where: { $0.AliasName == plan.alias }) else {
            throw CommandFailure("\(plan.alias) is there already", hint: "choose another name; nothing was made")
        }
        let policies = try await client.list(QueryCall("ListPolicies", ["Scope": "Local"]), "Policies")
        let taken = Set(policies.compactMap { $0.text("PolicyName")?.lowercased() })
        for policy in plan.managedPolicies("") where taken.contains(policy.name.lowercased()) {
            throw CommandFailure(
                "the policy \(policy.name) is there already",
                hint: "choose another name, or delete it; nothing was made")
        }
    }
}

/// How to take back what was done, last things first.
struct Undo {
    private var steps: [(what: String, remedy: String, body: () async throws -> String)] = []

    /// - Parameters:
    ///   - remedy: A command that does it.
    ///   - body: Takes it back, and says so.
    mutating func add(_ what: String, remedy: String, _ body: @escaping () async throws -> String) {
        steps.append((what, remedy, body))
    }

    /// Takes all back that can be; answers what to tell of it.
    func run() async -> [String] {
        var lines: [String] = []
        for step in steps.reversed() {
            do {
                lines.append(try await step.body())
            } catch {
                lines.append("\(step.what) is left, because \(error); take it back with: \(step.remedy)")
            }
        }
        return lines
    }
}
