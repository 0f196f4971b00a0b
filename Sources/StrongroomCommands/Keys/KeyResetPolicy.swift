import ArgumentParser
import KMSCore
import SQLiteStore

struct KeyResetPolicy: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reset-policy",
        abstract: "Give a key the default policy again, without the API: when its policy locks everybody out.",
        discussion: """
            strongroom key reset-policy 1234abcd-12ab-34cd-56ef-1234567890ab --state DIR

            The server has to be stopped. The default policy leaves it to the identity policies of the key's account \
            who may do what. Grants stay as they are. What is done is recorded in the audit log.
            """
    )

    @OptionGroup var state: StateOption

    @Argument(help: "The key's id, ARN, alias name or alias ARN.")
    var key: String

    @Option(help: "The Region of the key. (default: that of the ARN, or the first in strongroom.yaml)")
    var region: String?

    @OptionGroup var confirmation: Confirmation

    func run() async throws {
        let change = try OfflineChange(StateDirectory(state.path), command: "strongroom key reset-policy")
        let image = try await change.metadata.load()
        var key = try find(in: image, change.configuration)
        let scope = key.address.scope
        try confirmation.ask(
            "This replaces the policy of \(key.address.arn) by the default policy", otherwise: "nothing was changed")
        key.policy = KeyPolicy.standard(for: scope.account)
        key.policyPrincipals = [:]
        let context = change.root(
            of: scope.account, in: scope.region, "PutKeyPolicy",
            .object(
                ("keyId", .string(key.address.id.description)), ("policyName", .string(KeyPolicy.name)),
                ("policy", .string(key.policy))))
        context.draft.note(
            AuditRecord.Resource(arn: key.address.arn, account: scope.account, type: "AWS::KMS::Key"))
        try await change.journal.commit([.saveKey(key)], by: context)
        print("\(key.address.arn) has the default policy again.")
    }

    private func find(in image: MetadataImage, _ configuration: ServerConfiguration) throws -> Key {
        let parts = self.key.split(separator: ":", omittingEmptySubsequences: false)
        let ofARN = parts.count > 3 && parts[0] == "arn" ? String(parts[3]) : nil
        let (account, _) = try configuration.scopes()
        guard let name = region ?? ofARN ?? configuration.regions.first, let region = Region(name) else {
            throw CommandFailure("\(self.region ?? ofARN ?? "") is not a Region's name")
        }
        let identifier = try KeyIdentifier(self.key, in: Scope(account: account, region: region))
        let scope = Scope(account: identifier.account, region: region)
        let id =
            switch identifier.name {
            case .id(let id): KeyID?.some(id)
            case .alias(let alias): image.aliases.first { $0.scope == scope && $0.name == alias }?.target
            }
        guard let key = image.keys.first(where: { $0.address.scope == scope && $0.address.id == id }) else {
            throw CommandFailure(
                "there is no key \(self.key) in account \(scope.account), Region \(region)",
                hint: "name it by its ARN, or give --region")
        }
        guard key.manager != .aws else {
            throw CommandFailure("\(self.key) is a service's own key, whose policy nobody can change")
        }
        return key
    }
}
