import ArgumentParser
import FoundationEssentials
import Glibc
import KMSAPIClient

struct KeyScheduleDeletion: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "schedule-deletion",
        abstract: "Have a key destroyed after a waiting time.",
        discussion: """
            strongroom key schedule-deletion 1234abcd-12ab-34cd-56ef-1234567890ab --state DIR --days 30

            The key cannot be used from now on. Until its day it can be had back with `key cancel-deletion`; after \
            it, whatever it encrypted is lost for ever. For a hardened key its name has to be typed.
            """
    )

    @OptionGroup var options: ClientOptions

    @Argument(help: "The key's id or ARN.")
    var key: String

    @Option(help: "How many days to wait, from 7 to 30.")
    var days = 30

    @Option(help: "The name of the key, one of its aliases, as a hardened key wants it; in place of typing it.")
    var confirmName: String?

    func run() async throws {
        try await options.withClient { client in
            try await confirm(client)
            let input = ScheduleInput(KeyId: key, PendingWindowInDays: days)
            let output = try await client.call("ScheduleKeyDeletion", input, returning: ScheduleOutput.self)
            try options.show(
                output,
                """
                \(output.KeyId) will be destroyed on \(output.DeletionDate.formatted(.iso8601)).
                Have it back until then with: strongroom key cancel-deletion \(key)
                """)
        }
    }

    /// Throws unless whoever wants a hardened key destroyed knows which one it is.
    private func confirm(_ client: KMSAPIClient) async throws {
        let isHardened: Bool
        do {
            isHardened = try await HardenedKey.isHardened(key, client)
        } catch let error as KMSAPIError where error.code == "AccessDeniedException" {
            note("the tags of \(key) cannot be read, so nobody knows whether it is a hardened one")
            isHardened = false
        }
        guard isHardened || confirmName != nil else { return }
        let aliases = try await client.list("ListAliases", pages: AliasPage.self) { marker in
            ListInput(KeyId: key, Marker: marker)
        }.map(\.AliasName)
        await warnOfLastUse(client)
        let names = aliases.isEmpty ? [key] : aliases
        let given = try confirmName ?? asked(names)
        guard names.contains(where: { given == $0 || given == $0.withoutAliasPrefix }) else {
            throw CommandFailure("that is not the key's name; nothing was done")
        }
    }

    private func asked(_ names: [String]) throws(CommandFailure) -> String {
        guard isatty(0) == 1 else {
            throw CommandFailure(
                "\(key) is a hardened key, and there is nobody to type its name",
                hint: "add --confirm-name with one of its aliases, if it is the key that you mean")
        }
        let name = names == [key] ? "its id once more" : "its name, one of its aliases,"
        put("Whatever this key encrypted is lost with it. Type \(name) to go on: ", on: 2)
        return readLine() ?? ""
    }

    private func warnOfLastUse(_ client: KMSAPIClient) async {
        let usage = try? await client.call("GetKeyLastUsage", KeyInput(KeyId: key), returning: LastUsageOutput.self)
        if let last = usage?.KeyLastUsage, let date = last.Timestamp {
            note("\(key) was last used on \(date.formatted(.iso8601))\(last.Operation.map { ", for \($0)" } ?? "")")
        } else if let since = usage?.TrackingStartDate {
            note("\(key) has not been used since \(since.formatted(.iso8601))")
        } else {
            note("nobody knows when \(key) was last used")
        }
    }
}

extension String {
    var withoutAliasPrefix: String { hasPrefix("alias/") ? String(dropFirst("alias/".count)) : self }
}
