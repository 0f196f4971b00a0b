package import KMSCore
import NIOCore
package import NIOSSL

/// Where and how the AWS API is served.
package struct KMSServerConfiguration: Sendable {
    /// A name or an IP address to listen on.
    package var host: String
    /// 0 has the system pick a free one; ``KMSServer`` tells which.
    package var port: Int
    /// The certificate and key to serve TLS with. Without it, only loopback addresses are served.
    package var tls: TLSConfiguration?
    /// The Regions whose names are taken in a credential scope.
    package var regions: Set<Region>
    package var limits = ServerLimits()

    package init(host: String = "127.0.0.1", port: Int = 0, tls: TLSConfiguration? = nil, regions: Set<Region>) {
        self.host = host
        self.port = port
        self.tls = tls
        self.regions = regions
    }

    /// Throws unless what is sent in the clear stays on this machine: secrets and data keys are in these responses.
    package func check() throws(ServerSetupError) {
        guard !regions.isEmpty else { throw .noRegion }
        guard tls != nil || Self.isLoopback(host, port) else { throw .plainHTTPBeyondLoopback(host: host) }
    }

    static func isLoopback(_ host: String, _ port: Int) -> Bool {
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

/// How much of this server any client may use.
package struct ServerLimits: Sendable {
    /// The most bytes that a request's body may have.
    package var maximumBody = 1 << 20
    /// The most bytes of bodies that are held at a time, over all connections.
    package var maximumBodiesTogether = 64 << 20
    /// The most connections at a time; more wait in the system's backlog.
    package var maximumConnections = 4096
    /// The most bytes of all header fields of a request together, and of one.
    package var maximumHeaderBytes = 16 << 10
    package var maximumHeaderFields = 100
    /// How long a request may take to arrive, from its first byte to the last of its body; and a new connection's
    /// first request from the connection's beginning.
    package var arrivalTimeout = Duration.seconds(20)
    /// How long a connection may be kept without a request.
    package var idleTimeout = Duration.seconds(60)
    /// How long a connection that is being closed may still send, so that its client gets to read the answer.
    package var lingerTimeout = Duration.seconds(5)

    package init() {}
}

/// Why the server was not set up.
package enum ServerSetupError: Error, Equatable {
    case plainHTTPBeyondLoopback(host: String)
    case metricsBeyondLoopback(host: String)
    case noRegion
}

extension ServerSetupError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .plainHTTPBeyondLoopback(let host):
            "refusing to serve plain HTTP on \(host), which other machines can reach"
        case .metricsBeyondLoopback(let host):
            "refusing to serve metrics on \(host), which other machines can reach"
        case .noRegion:
            "no Region is configured"
        }
    }

    /// What to do about it.
    package var hint: String {
        switch self {
        case .plainHTTPBeyondLoopback:
            "configure a TLS certificate and key under tls: in strongroom.yaml, or listen on 127.0.0.1"
        case .metricsBeyondLoopback:
            "let metrics.listen in strongroom.yaml be a loopback address, as in 127.0.0.1:9470"
        case .noRegion:
            "name at least one, as in us-east-1"
        }
    }
}
