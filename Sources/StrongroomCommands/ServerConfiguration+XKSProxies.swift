import KMSCore
import XKSClient

// Which XKS proxies custom key stores of type EXTERNAL_KEY_STORE may name. The operator decides here whom the server talks
// to: an address that any caller could choose would let them reach into its network.
extension ServerConfiguration {
    struct ExternalProxy: Codable, Sendable {
        /// HOST:PORT, where the proxy is not at its name's own address and port 443.
        var address: String?
        /// A PEM file: the authorities that its certificate has to lead to, in place of the system's.
        var trustRoots: String?
        /// PEM files, for mutual TLS: the certificate that is shown to the proxy, with its chain, and its key.
        var clientCertificate: String?
        var clientKey: String?
        /// The account whose key stores may name it; the operator's by default.
        var account: String?
    }

    func checkProxies() throws(CommandFailure) {
        for (host, proxy) in (xksProxies ?? [:]).sorted(by: { $0.key < $1.key }) {
            guard Self.isHostName(host) else {
                throw CommandFailure(
                    "xksProxies: \(host) is no host name",
                    hint: "write it in lower case and without https:// or a port, as in xks.example.com")
            }
            if let account = proxy.account, AccountID(account) == nil {
                throw CommandFailure("xksProxies.\(host).account is not 12 digits", hint: "write it in quotes")
            }
            guard (proxy.clientCertificate == nil) == (proxy.clientKey == nil) else {
                throw CommandFailure(
                    "xksProxies.\(host) has one of clientCertificate and clientKey alone", hint: "give both, or neither"
                )
            }
        }
    }

    private static func isHostName(_ text: String) -> Bool {
        // XksProxyUriEndpoint has 128 characters at the most, `https://` included.
        (1...120).contains(text.utf8.count)
            && text.utf8.allSatisfy { character in
                switch character {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."),
                    UInt8(ascii: "-"):
                    true
                default: false
                }
            }
    }

    /// The proxy with its files read.
    func target(
        _ host: String, _ proxy: ExternalProxy, in state: StateDirectory
    ) throws(CommandFailure) -> XKSProxyTarget {
        do {
            var target = XKSProxyTarget(
                host: host,
                tls: try XKSProxyTarget.tls(
                    authorities: proxy.trustRoots.map(state.resolve),
                    certificate: proxy.clientCertificate.map(state.resolve),
                    key: proxy.clientKey.map(state.resolve)))
            if let address = proxy.address {
                let place = try ListenAddress(address)
                target.address = place.host
                target.port = place.port
            }
            return target
        } catch let failure as CommandFailure {
            throw failure
        } catch {
            throw CommandFailure(
                "the TLS files of the XKS proxy \(host) cannot be used: \(error)",
                hint: "xksProxies.\(host) in strongroom.yaml names PEM files: trustRoots, clientCertificate, clientKey")
        }
    }
}
