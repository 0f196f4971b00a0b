import ArgumentParser
import KMSAPIClient

struct XKSCredentialCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "credential", abstract: "What AWS KMS signs its requests to a store with.",
        discussion: """
            strongroom xks-proxy credential add --prefix payments --output new.json --state DIR

            To replace one: add another, give it to AWS KMS (UpdateCustomKeyStore), wait until the old one is not used \
            any more, and remove that. The server need not be restarted.
            """,
        subcommands: [XKSCredentialAdd.self, XKSCredentialList.self, XKSCredentialRemove.self]
    )
}

struct XKSCredentialAdd: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "add", abstract: "Make another credential of a store.",
        discussion: "strongroom xks-proxy credential add --prefix payments --output new.json --state DIR")

    @OptionGroup var options: ClientOptions
    @OptionGroup var store: XKSStoreOption
    @OptionGroup var output: XKSCredentialOutput

    func run() async throws {
        try output.check()
        try await options.withClient { client in
            let answer = try await client.call(store.call("CreateXKSCredential"))
            try output.put(answer["Credential"], path: "/\(store.prefix)/kms/xks/v1")
        }
    }
}

struct XKSCredentialList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List a store's credentials.",
        discussion: "strongroom xks-proxy credential list --prefix payments --state DIR")

    @OptionGroup var options: ClientOptions
    @OptionGroup var store: XKSStoreOption

    func run() async throws {
        try await options.list(
            store.call("ListXKSCredentials"), "Credentials", empty: "The store has no credentials: nobody can use it."
        ) { [$0.text("AccessKeyId"), $0.text("CreateDate")] }
    }
}

struct XKSCredentialRemove: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "remove", abstract: "Remove a credential; requests that are signed with it are refused at once.",
        discussion: "strongroom xks-proxy credential remove XKSPEXAMPLE234567ABC --prefix payments --state DIR")

    @OptionGroup var options: ClientOptions
    @OptionGroup var store: XKSStoreOption

    @Argument(help: "The access key id.")
    var id: String

    func run() async throws {
        try await options.call(
            store.call("DeleteXKSCredential", ["AccessKeyId": id]), done: "The credential \(id) is gone.")
    }
}
