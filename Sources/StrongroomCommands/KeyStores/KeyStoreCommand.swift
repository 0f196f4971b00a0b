import ArgumentParser
import FoundationEssentials
import KMSAPIClient

struct KeyStoreCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "key-store",
        abstract: "Make, connect and end custom key stores: keys in a token of somebody's own, or behind an XKS proxy.",
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
        commandName: "create",
        abstract:
            "Make a custom key store in a cluster, or behind an XKS proxy, that the server's configuration names.",
        discussion: """
            strongroom key-store create payroll --cluster-id cluster-2a34b5cdefg --trust-anchor customerCA.crt --state DIR
            strongroom key-store create abroad --proxy https://xks.example.com --proxy-configuration store.json --state DIR

            It is not connected then: see `strongroom key-store connect`.
            """
    )

    @OptionGroup var options: ClientOptions
    @OptionGroup var password: KeyStorePasswordOption

    @Argument(help: "The key store's name.")
    var name: String

    @Option(help: "The cluster's id, as strongroom.yaml has it under clusters:.")
    var clusterID: String?

    @Option(help: "A PEM file with the certificate that the cluster was signed with, its customerCA.crt.")
    var trustAnchor: String?

    @OptionGroup var proxy: ProxyOptions

    func run() async throws {
        let input: CreateKeyStoreInput
        switch (clusterID, proxy.proxy) {
        case (let clusterID?, nil): input = try self.input(clusterID)
        case (nil, let endpoint?): input = try self.input(proxy: endpoint)
        default:
            throw CommandFailure(
                "a key store has a cluster or a proxy",
                hint: "give --cluster-id and --trust-anchor, or --proxy and --proxy-configuration")
        }
        try await options.call("CreateCustomKeyStore", input, returning: KeyStoreOutput.self) { output in
            "key store        \(output.CustomKeyStoreId)\nConnect it with: strongroom key-store connect "
                + output.CustomKeyStoreId
        }
    }

    private func input(_ clusterID: String) throws -> CreateKeyStoreInput {
        guard let trustAnchor, proxy.proxyConfiguration == nil else {
            throw CommandFailure(
                "a key store in a cluster has --trust-anchor, and no --proxy-configuration",
                hint: "the trust anchor is the content of the cluster's customerCA.crt")
        }
        guard let data = FileManager.default.contents(atPath: trustAnchor) else {
            throw CommandFailure("the trust anchor \(trustAnchor) cannot be read: \(errorText())")
        }
        return CreateKeyStoreInput(
            CustomKeyStoreName: name, CloudHsmClusterId: clusterID,
            TrustAnchorCertificate: String(decoding: data, as: UTF8.self), KeyStorePassword: try password.read())
    }

    private func input(proxy endpoint: String) throws -> CreateKeyStoreInput {
        guard trustAnchor == nil, password.passwordFile == nil, let file = try proxy.configuration() else {
            throw CommandFailure(
                "a key store behind a proxy has --proxy-configuration, and no trust anchor or password",
                hint: "the proxy's operator has the file; `strongroom xks-proxy init-store` writes one")
        }
        return CreateKeyStoreInput(
            CustomKeyStoreName: name, CustomKeyStoreType: "EXTERNAL_KEY_STORE", XksProxyConnectivity: "PUBLIC_ENDPOINT",
            XksProxyUriEndpoint: endpoint, XksProxyUriPath: file.XksProxyUriPath,
            XksProxyAuthenticationCredential: file.XksProxyAuthenticationCredential)
    }
}

/// How an XKS proxy is named.
struct ProxyOptions: ParsableArguments {
    @Option(help: "The XKS proxy, as https://HOST; strongroom.yaml has the host under xksProxies:.")
    var proxy: String?

    @Option(help: "A file of mode 0600 with the proxy's path and credential, as the proxy's operator gives it out.")
    var proxyConfiguration: String?

    func configuration() throws(CommandFailure) -> ProxyConfigurationFile? {
        guard let proxyConfiguration else { return nil }
        return try ProxyConfigurationFile.read(proxyConfiguration)
    }
}

struct KeyStoreUpdate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "update",
        abstract: "Change a key store's name, or its proxy's credential, or, while it is disconnected, all else.",
        discussion: """
            strongroom key-store update cks-1234567890abcdef0 --new-password --password-file FILE --state DIR
            strongroom key-store update cks-1234567890abcdef0 --proxy-configuration store.json --state DIR
            """
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

    @OptionGroup var proxy: ProxyOptions

    func run() async throws {
        let file = try proxy.configuration()
        guard name != nil || clusterID != nil || newPassword || proxy.proxy != nil || file != nil else {
            throw CommandFailure(
                "nothing is to be changed",
                hint: "give --name, --cluster-id, --new-password, --proxy or --proxy-configuration")
        }
        let input = UpdateKeyStoreInput(
            CustomKeyStoreId: id, NewCustomKeyStoreName: name, CloudHsmClusterId: clusterID,
            KeyStorePassword: newPassword ? try password.read() : nil, XksProxyUriEndpoint: proxy.proxy,
            XksProxyUriPath: file?.XksProxyUriPath,
            XksProxyAuthenticationCredential: file?.XksProxyAuthenticationCredential)
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
