import ArgumentParser
import IAMCore
import KMSCore
import KMSPolicy
import SQLiteStore

struct PolicyExplain: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain",
        abstract: "Show whether a principal may do something to a key, and why.",
        discussion: """
            strongroom policy explain --state DIR --principal arn:aws:iam::111122223333:user/ann \
            --action kms:Decrypt --key alias/payroll --encryption-context department=finance \
            --condition aws:SourceIp=192.0.2.10

            Nothing is called and nothing is recorded: the identities, policies and grants are read from the state \
            directory, beside a running server or without one. What policies ask about the request and is not given \
            by --condition is taken for absent, and listed.
            """
    )

    @OptionGroup var state: StateOption

    @Option(help: "Who: the ARN of a user, a role or one of its sessions, an account's root; or a service's name.")
    var principal: String

    @Option(help: "What, as kms:Decrypt.")
    var action: String

    @Option(help: "To which key: its id, ARN, alias name or alias ARN. Not for actions on an account, as kms:ListKeys.")
    var key: String?

    @Option(help: "A pair of the encryption context as NAME=VALUE; can be given several times.")
    var encryptionContext: [String] = []

    @Option(help: "The value of a condition key as KEY=VALUE; can be given several times, also for one key.")
    var condition: [String] = []

    @Option(help: "The Region of the call. (default: the key's, or the first of the server's)")
    var region: String?

    @Flag(help: "Print the decision as JSON.")
    var json = false

    func run() async throws {
        let directory = StateDirectory(state.path)
        let configuration = try ServerConfiguration.load(directory)
        let image = try await SQLiteStore(readingOnly: directory.database).load()
        let explanation = try explanation(in: image, regions: configuration.regions, at: SystemClock().now)
        print(json ? try explanation.json() : explanation.text)
    }

    /// - Parameter regions: The server's.
    func explanation(
        in image: MetadataImage, regions: [String], at now: Timestamp
    ) throws -> AccessExplanation {
        let entry = try actionEntry()
        guard let action = KMSAction(rawValue: entry.name) else {
            throw CommandFailure("this server has no kms:\(entry.name)", hint: "strongroom does not do it for anybody")
        }
        try checkKey(for: entry)
        let simulation = AccessSimulation(image, at: now)
        var call = AccessRehearsal.Call(
            caller: try simulation.caller(principal), action: action, region: try region(regions))
        call.encryptionContext = try encryptionContext(for: entry)
        call.given = try RehearsedValues.conditions(condition)
        return AccessExplanation(
            principal: call.caller.principal.arn, action: action.policyName,
            outcomes: try simulation.outcomes(of: call, on: key))
    }

    private func actionEntry() throws(CommandFailure) -> KMSActionEntry {
        let name = action.contains(":") ? action : "kms:" + action
        guard let entry = KMSActionCatalog.action(named: name) else {
            throw CommandFailure(
                "\(action) is no action of AWS KMS",
                hint: action.contains("*") ? "name one action, without wildcards" : "name it as kms:Decrypt"
            )
        }
        return entry
    }

    private func checkKey(for entry: KMSActionEntry) throws(CommandFailure) {
        switch (entry.resources.isEmpty, key) {
        case (true, .some): throw CommandFailure("kms:\(entry.name) is not for a key", hint: "leave --key out")
        case (false, nil): throw CommandFailure("kms:\(entry.name) is for a key", hint: "name it with --key")
        default: break
        }
    }

    private func region(_ regions: [String]) throws(CommandFailure) -> Region {
        let ofKey = key.flatMap { key -> String? in
            let parts = key.split(separator: ":", omittingEmptySubsequences: false)
            return parts.count > 3 && parts[0] == "arn" ? String(parts[3]) : nil
        }
        guard let name = region ?? ofKey ?? regions.first, let region = Region(name) else {
            throw CommandFailure("the Region is not known", hint: "give --region, as in --region eu-central-1")
        }
        return region
    }

    /// Nil for actions that have none. An action that has one and is given no pairs has an empty one.
    private func encryptionContext(for entry: KMSActionEntry) throws -> [String: String]? {
        let pairs = try RehearsedValues.pairs(encryptionContext)
        guard entry.hasConditionKey(.named(.encryptionContextKeys)) else {
            guard pairs.isEmpty else {
                throw CommandFailure(
                    "kms:\(entry.name) has no encryption context", hint: "leave --encryption-context out")
            }
            return nil
        }
        return try EncryptionContext(pairs).pairs
    }
}
