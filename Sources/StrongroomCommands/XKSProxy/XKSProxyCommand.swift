import ArgumentParser
import HTTPFront
import KMSAPIClient

struct XKSProxyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "xks-proxy",
        abstract: "Be the external key manager of AWS KMS: stores, their credentials, keys and policies.",
        discussion: """
            strongroom xks-proxy init-store --prefix payments --state DIR
            strongroom xks-proxy key create --prefix payments --id payroll --state DIR

            A store is what AWS KMS calls an external key store proxy's URI path. Its keys are keys of this server: rotate, \
            disable and delete them with `strongroom key`.
            """,
        subcommands: [
            XKSProxyServe.self, XKSInitStore.self, XKSStoreList.self, XKSStoreEnable.self, XKSStoreDisable.self,
            XKSStoreSetQuota.self, XKSStoreDelete.self, XKSCredentialCommand.self, XKSKeyCommand.self,
            XKSPolicyCommand.self,
        ]
    )
}

struct XKSProxyServe: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve", abstract: "Serve the XKS proxy, and the other APIs to this machine alone.",
        discussion: """
            strongroom xks-proxy serve --state DIR --listen 0.0.0.0:443

            As `strongroom serve`, but nobody beyond this machine reaches anything but the proxy: `listen` in \
            strongroom.yaml, where the commands find the server, has to be a loopback address. Prints where the proxy \
            listens as its only line on standard output.
            """
    )

    @OptionGroup var state: StateOption

    @Option(help: "Where the proxy listens, as HOST:PORT. (default: xksProxy.listen in strongroom.yaml)")
    var listen: String?

    @Option(help: "How much to log: trace, debug, info, notice, warning, error or critical.")
    var logLevel: String = "info"

    func run() async throws {
        let directory = StateDirectory(state.path)
        var configuration = try ServerConfiguration.load(directory)
        if let listen {
            configuration.xksProxy = configuration.xksProxy ?? ServerConfiguration.XKSProxy(listen: listen)
            configuration.xksProxy?.listen = listen
        }
        guard configuration.xksProxy != nil else {
            throw CommandFailure(
                "no XKS proxy is configured",
                hint: "give --listen HOST:PORT, or xksProxy: {listen: HOST:PORT, tls: …} in strongroom.yaml")
        }
        let address = try ListenAddress(configuration.listen)
        guard ListeningPlace.isLoopback(address.host, address.port) else {
            throw CommandFailure(
                "listen in strongroom.yaml is \(configuration.listen), which other machines can reach",
                hint: "let it be a loopback address, as 127.0.0.1:8470; or serve everything with: strongroom serve")
        }
        try await Serve.serve(
            configuration, in: directory, isForProxy: true, logger: try Serve.makeLogger(logLevel))
    }
}

/// Which store a command is about.
struct XKSStoreOption: ParsableArguments {
    @Option(help: "The store's prefix: the part of its URI path before /kms/xks/v1, as payments or acme/payments.")
    var prefix: String

    func call(_ action: String, _ parameters: [String: String?] = [:]) -> QueryCall {
        QueryCall(action, of: .xks, parameters.merging(["Prefix": prefix]) { own, _ in own })
    }
}
