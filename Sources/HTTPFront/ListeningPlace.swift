import NIOCore
package import NIOSSL

/// Where a front listens, and with what certificate.
package struct ListeningPlace: Sendable {
    /// A name or an IP address.
    package var host: String
    /// 0 has the system pick a free one, which is told when it listens.
    package var port: Int
    /// Without it, only loopback addresses are served.
    package var tls: TLSConfiguration?

    package init(host: String, port: Int, tls: TLSConfiguration? = nil) {
        self.host = host
        self.port = port
        self.tls = tls
    }

    /// Throws unless what is sent in the clear stays on this machine: secrets and data keys are in the answers.
    package func check() throws(ServerSetupError) {
        guard tls != nil || Self.isLoopback(host, port) else { throw .plainHTTPBeyondLoopback(host: host) }
    }

    package static func isLoopback(_ host: String, _ port: Int) -> Bool {
        if host == "localhost" { return true }
        guard let address = try? SocketAddress(ipAddress: host, port: port) else { return false }
        return switch address {
        // 127.0.0.0/8 (RFC 1122 §3.2.1.3): s_addr is in network byte order, so the first byte is the lowest one.
        case .v4: host.hasPrefix("127.")
        case .v6: address.ipAddress == "::1"
        case .unixDomainSocket: false
        }
    }
}
