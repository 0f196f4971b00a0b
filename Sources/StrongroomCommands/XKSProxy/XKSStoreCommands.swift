import ArgumentParser
import KMSAPIClient

struct XKSInitStore: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "init-store", abstract: "Make a store with its first credential, and show what AWS KMS asks for.",
        discussion: """
            strongroom xks-proxy init-store --prefix payments --output payments.json --state DIR

            Shows the JSON that the AWS console takes as the proxy's configuration file: XksProxyUriPath and \
            XksProxyAuthenticationCredential. Nobody shows the secret again.
            """
    )

    @OptionGroup var options: ClientOptions
    @OptionGroup var store: XKSStoreOption

    @Option(help: "How many requests the store takes in a second; 0 is without limit. (default: 1800, as AWS KMS)")
    var requestsPerSecond: Int?

    @OptionGroup var output: XKSCredentialOutput

    func run() async throws {
        try output.check()
        try await options.withClient { client in
            let answer = try await client.call(
                store.call("CreateXKSStore", ["RequestsPerSecond": requestsPerSecond.map(String.init)]))
            try output.put(answer["Credential"], path: answer["Store"]?.text("UriPath"))
        }
    }
}

/// Where a store's new credential goes: never into arguments, and into files for their owner alone.
struct XKSCredentialOutput: ParsableArguments {
    @Option(help: "Write the JSON to this new file, of mode 0600. (default: print it)")
    var output: String?

    /// That it can go there, before there is one.
    func check() throws(CommandFailure) {
        if let output { try NewFile.check(output) }
    }

    /// - Parameters:
    ///   - credential: As the server answered it.
    ///   - path: XksProxyUriPath.
    func put(_ credential: XMLElement?, path: String?) throws(CommandFailure) {
        guard let id = credential?.text("AccessKeyId"), let secret = credential?.text("RawSecretAccessKey"),
            let path, [id, secret, path].allSatisfy({ $0.utf8.allSatisfy { 0x21...0x7e ~= $0 } })
        else { throw CommandFailure("the server answered without a credential") }
        let json = JSONValue.object([
            "XksProxyUriPath": .string(path),
            "XksProxyAuthenticationCredential": .object([
                "AccessKeyId": .string(id), "RawSecretAccessKey": .string(secret),
            ]),
        ])
        let text = json.text(isPretty: true) + "\n"
        guard let output else { return StrongroomCommands.put(text, on: 1) }
        var bytes = Array(text.utf8)
        defer { bytes.wipe() }
        do {
            try NewFile.write(bytes, to: output)
        } catch {
            // It is in force already, and told this once.
            StrongroomCommands.put(text, on: 1)
            throw error
        }
        StrongroomCommands.put("The credential \(id) is in \(output).\n", on: 1)
    }
}

struct XKSStoreList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the stores of the Region.",
        discussion: "strongroom xks-proxy list --state DIR")

    @OptionGroup var options: ClientOptions

    func run() async throws {
        try await options.list(
            QueryCall("ListXKSStores", of: .xks), "Stores", empty: "There are no stores in this Region yet."
        ) {
            [
                $0.text("Prefix"), $0.text("UriPath"), $0.text("Status"),
                $0.text("RequestsPerSecond").map { $0 == "0" ? "no limit" : "\($0)/s" },
                $0.text("HasPolicy") == "true" ? "own policy" : "trusts AWS KMS",
            ]
        }
    }
}

struct XKSStoreEnable: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "enable", abstract: "Let a disabled store serve again.",
        discussion: "strongroom xks-proxy enable --prefix payments --state DIR")

    @OptionGroup var options: ClientOptions
    @OptionGroup var store: XKSStoreOption

    func run() async throws {
        try await options.call(
            store.call("UpdateXKSStore", ["Status": "Enabled"]), done: "The store \(store.prefix) is enabled.")
    }
}

struct XKSStoreDisable: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "disable", abstract: "Have a store answer every request with InvalidStateException.",
        discussion: "strongroom xks-proxy disable --prefix payments --state DIR")

    @OptionGroup var options: ClientOptions
    @OptionGroup var store: XKSStoreOption

    func run() async throws {
        try await options.call(
            store.call("UpdateXKSStore", ["Status": "Disabled"]), done: "The store \(store.prefix) is disabled.")
    }
}

struct XKSStoreSetQuota: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "set-quota", abstract: "Set how many requests a store takes in a second.",
        discussion: "strongroom xks-proxy set-quota 5000 --prefix payments --state DIR")

    @OptionGroup var options: ClientOptions
    @OptionGroup var store: XKSStoreOption

    @Argument(help: "Requests a second; 0 is without limit.")
    var requestsPerSecond: Int

    func run() async throws {
        try await options.call(
            store.call("UpdateXKSStore", ["RequestsPerSecond": String(requestsPerSecond)]),
            done: "The store \(store.prefix) takes "
                + (requestsPerSecond == 0 ? "any number of requests." : "\(requestsPerSecond) requests a second."))
    }
}

struct XKSStoreDelete: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "delete-store", abstract: "Delete a store that has no keys, with its credentials.",
        discussion: "strongroom xks-proxy delete-store --prefix payments --state DIR")

    @OptionGroup var options: ClientOptions
    @OptionGroup var store: XKSStoreOption
    @OptionGroup var confirmation: Confirmation

    func run() async throws {
        try confirmation.ask(
            "This deletes the store \(store.prefix) and its credentials", otherwise: "nothing was deleted")
        try await options.call(store.call("DeleteXKSStore"), done: "The store \(store.prefix) is gone.")
    }
}
