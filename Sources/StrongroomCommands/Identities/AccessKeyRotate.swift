import ArgumentParser
import KMSAPIClient

struct AccessKeyRotate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rotate", abstract: "Make a second access key to take the place of the first.",
        discussion: """
            strongroom identity access-key rotate --user ann --output ann-2.credentials --state DIR

            Both can be used until the old one is deactivated, which --deactivate-old does at once: without it, first \
            give everybody the new one. An access key that is deactivated can be had back; one that is deleted cannot.
            """
    )

    @OptionGroup var options: ClientOptions

    @OptionGroup var owner: AccessKeyOwner

    @OptionGroup var secret: SecretOutput

    @Flag(help: "Deactivate the old one, as soon as the new one is put away.")
    var deactivateOld = false

    func run() async throws {
        let sink = try secret.sink(owner.profileName, state: options.state)
        try await options.withClient { client in
            let old = try await oldKey(client)
            let new = try await client.makeAccessKey(owner, into: sink, options)
            if deactivateOld {
                _ = try await client.call(owner.call("Update", "", ["AccessKeyId": old, "Status": "Inactive"]))
            }
            guard !options.json else { return }
            let verb = deactivateOld ? "delete" : "deactivate"
            let state = deactivateOld ? "cannot be used any more" : "can still be used"
            let text = """
                \(new) takes the place of \(old), which \(state).
                When nothing needs the old one: strongroom identity access-key \(verb) \(old)\(owner.arguments)
                """
            // The credentials may be what the standard output is for.
            if let use = sink.use { print(text + "\n" + use) } else { note(text) }
        }
    }

    /// The one that is there.
    private func oldKey(_ client: KMSAPIClient) async throws -> String {
        let keys = try await client.list(owner.call("List", "s"), "AccessKeyMetadata")
        let ids = keys.compactMap { $0.text("AccessKeyId") }
        switch ids.count {
        case 1: return ids[0]
        case 0:
            throw CommandFailure(
                "there is no access key yet",
                hint: "make the first with: strongroom identity access-key create\(owner.arguments)")
        default:
            let idle = keys.first { $0.text("Status") == "Inactive" }?.text("AccessKeyId")
            throw CommandFailure(
                "there are two access keys already, \(ids.joined(separator: " and "))",
                hint: "delete the one that nothing needs: strongroom identity access-key delete "
                    + "\(idle ?? "ACCESS-KEY-ID")\(owner.arguments)")
        }
    }
}
