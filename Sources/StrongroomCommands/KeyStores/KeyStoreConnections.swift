import ArgumentParser
import KMSAPIClient

struct KeyStoreConnect: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "connect", abstract: "Connect a key store, so that keys can be made and used in it.",
        discussion: """
            strongroom key-store connect cks-1234567890abcdef0 --state DIR

            Waits until it is known how that went. The exit status is 0 when the key store is connected.
            """
    )

    @OptionGroup var options: ClientOptions

    @Argument(help: "The key store's id.")
    var id: String

    @Flag(help: "Return when the server has taken the request.")
    var noWait = false

    func run() async throws {
        try await options.withClient { client in
            try await client.call("ConnectCustomKeyStore", KeyStoreInput(CustomKeyStoreId: id)) as Void
            if noWait { return try options.show([String: String](), "\(id) is being connected.") }
            let store = try await KeyStoreWatch(client, id).wait { $0.ConnectionState != "CONNECTING" }
            guard store.ConnectionState == "CONNECTED" else {
                throw CommandFailure(
                    "\(id) is \(store.ConnectionState)" + (store.ConnectionErrorCode.map { ": " + $0 } ?? ""),
                    hint: "put right what failed; then disconnect the key store, and connect it again")
            }
            try options.show(store, "\(id) is connected.")
        }
    }
}

struct KeyStoreDisconnect: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "disconnect",
        abstract: "Disconnect a key store: its keys are Unavailable until it is connected again.",
        discussion: "strongroom key-store disconnect cks-1234567890abcdef0 --state DIR"
    )

    @OptionGroup var options: ClientOptions

    @Argument(help: "The key store's id.")
    var id: String

    @Flag(help: "Return when the server has taken the request.")
    var noWait = false

    func run() async throws {
        try await options.withClient { client in
            try await client.call("DisconnectCustomKeyStore", KeyStoreInput(CustomKeyStoreId: id)) as Void
            if noWait { return try options.show([String: String](), "\(id) is being disconnected.") }
            let store = try await KeyStoreWatch(client, id).wait { $0.ConnectionState != "DISCONNECTING" }
            try options.show(store, "\(id) is \(store.ConnectionState.lowercased()).")
        }
    }
}

/// Asks for a key store until something is true of it.
private struct KeyStoreWatch {
    private let client: KMSAPIClient
    private let id: String

    /// As long as a token may take to log in, and longer.
    private static let patience = Duration.seconds(180)

    init(_ client: KMSAPIClient, _ id: String) {
        self.client = client
        self.id = id
    }

    func wait(_ isDone: (KeyStorePage.Entry) -> Bool) async throws -> KeyStorePage.Entry {
        let end = ContinuousClock.now + Self.patience
        var pause = Duration.milliseconds(100)
        while true {
            let page: KeyStorePage = try await client.call(
                "DescribeCustomKeyStores", KeyStoreListInput(CustomKeyStoreId: id))
            if let store = page.items.first, isDone(store) { return store }
            guard ContinuousClock.now < end else {
                throw CommandFailure(
                    "\(id) is still on its way", hint: "see how it is with: strongroom key-store list --id \(id)")
            }
            try await Task.sleep(for: pause)
            pause = min(pause * 2, .seconds(1))
        }
    }
}
