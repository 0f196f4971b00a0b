package import HTTPFront
package import KMSCore
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

    /// Throws unless what is sent in the clear stays on this machine.
    package func check() throws(ServerSetupError) {
        guard !regions.isEmpty else { throw .noRegion }
        try place.check()
    }

    var place: ListeningPlace { ListeningPlace(host: host, port: port, tls: tls) }
}
