import ArgumentParser
import FoundationEssentials
import KMSAPIClient

struct KeyStoreCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "key-store",
        abstract: "Make, connect and end custom key stores: keys in a token of somebody's own.",
        discussion: "strongroom key-store create payroll --cluster-id cluster-2a34b5cdefg --state DIR",
        subcommands: [
            KeyStoreList.self, KeyStoreCreate.self, KeyStoreConnect.self, KeyStoreDisconnect.self,
            KeyStoreUpdate.self, KeyStoreDelete.self,
        ]
    )
}

struct KeyStoreList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "Show custom key stores and how their connections are.",
        discussion: "strongroom key-store list --name payroll --state DIR"
    )

    @OptionGroup var options: ClientOptions

    @Option(help: "Show only the one with this id.")
    var id: String?

    @Option(help: "Show only the one with this name.")
    var name: String?

    func run() async throws {
        let stores = try await options.withClient { client in
            try await client.list("DescribeCustomKeyStores", pages: KeyStorePage.self) {
                KeyStoreListInput(CustomKeyStoreId: id, CustomKeyStoreName: name, Marker: $0)
            }
        }
        let text = stores.map(\.text).joined(separator: "\n\n")
        try options.show(
            ["CustomKeyStores": stores], stores.isEmpty ? "There are no custom key stores in this Region yet." : text)
    }
}

struct KeyStoreCreate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create", abstract: "Make a custom key store in a cluster that the server's configuration names.",
        discussion: """
            strongroom key-store create payroll --cluster-id cluster-2a34b5cdefg --trust-anchor customerCA.crt --state DIR

            It is not connected then: see `strongroom key-store connect`.
            """
    )

    @OptionGroup var options: ClientOptions
    @OptionGroup var password: KeyStorePasswordOption

    @Argument(help: "The key store's name.")
    var name: String

    @Option(help: "The cluster's id, as strongroom.yaml has it under clusters:.")
    var clusterID: String

    @Option(help: "A PEM file with the certificate that the cluster was signed with, its customerCA.crt.")
    var trustAnchor: String

    func run() async throws {
        guard let data = FileManager.default.contents(atPath: trustAnchor) else {
            throw CommandFailure("the trust anchor \(trustAnchor) cannot be read: \(errorText())")
        }
        let input = CreateKeyStoreInput(
            CustomKeyStoreName: name, CloudHsmClusterId: clusterID,
            TrustAnchorCertificate: String(decoding: data, as: UTF8.self), KeyStorePassword: try password.read())
        try await options.call("CreateCustomKeyStore", input, returning: KeyStoreOutput.self) { output in
            "key store        \(output.CustomKeyStoreId)\nConnect it with: strongroom key-store connect "
                + output.CustomKeyStoreId
        }
    }
}

struct KeyStoreUpdate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "update",
        abstract: "Change a key store's name, or, while it is disconnected, its password or cluster.",
        discussion: "strongroom key-store update cks-1234567890abcdef0 --new-password --password-file FILE --state DIR"
    )

    @OptionGroup var options: ClientOptions
    @OptionGroup var password: KeyStorePasswordOption

    @Argument(help: "The key store's id.")
    var id: String

    @Option(help: "Another name.")
    var name: String?

    @Option(help: "Another cluster, which is a copy of the one that it has.")
    var clusterID: String?

    @Flag(help: "Tell the server the token's new PIN; it does not change the PIN itself.")
    var newPassword = false

    func run() async throws {
        guard name != nil || clusterID != nil || newPassword else {
            throw CommandFailure("nothing is to be changed", hint: "give --name, --cluster-id or --new-password")
        }
        let input = UpdateKeyStoreInput(
            CustomKeyStoreId: id, NewCustomKeyStoreName: name, CloudHsmClusterId: clusterID,
            KeyStorePassword: newPassword ? try password.read() : nil)
        try await options.call("UpdateCustomKeyStore", input, done: "\(id) is changed.")
    }
}

struct KeyStoreDelete: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "delete",
        abstract: "End a key store that is disconnected and has no keys. Its token stays as it is.",
        discussion: "strongroom key-store delete cks-1234567890abcdef0 --state DIR"
    )

    @OptionGroup var options: ClientOptions

    @Argument(help: "The key store's id.")
    var id: String

    func run() async throws {
        try await options.call("DeleteCustomKeyStore", KeyStoreInput(CustomKeyStoreId: id), done: "\(id) is gone.")
    }
}
