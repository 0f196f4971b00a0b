/// Why a server was not set up.
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
