import FoundationEssentials

/// Where requests go: a URL of scheme, host, port and base path, and nothing else.
package struct Endpoint: Equatable, Sendable {
    /// Without a slash at the end, ready for a path.
    package let origin: String
    /// The Host header: with the port, unless it is the scheme's own.
    package let host: String
    /// The path that is requested and signed; at least `/`.
    package let path: String
    package let isEncrypted: Bool

    package var url: String { origin + path }

    /// Plain HTTP is for loopback only: a signature keeps a request from being changed, not from being read, and with
    /// it the plaintext of every Encrypt.
    package init(_ text: String) throws(ClientConfigurationError) {
        guard let parts = URLComponents(string: text), let scheme = parts.scheme?.lowercased(),
            scheme == "https" || scheme == "http", let name = parts.encodedHost, !name.isEmpty
        else {
            throw ClientConfigurationError(
                "endpoint '\(text.prefix(200))' is not a URL", hint: "write it like https://kms.example.com:8443")
        }
        guard parts.user == nil, parts.password == nil, parts.query == nil, parts.fragment == nil else {
            throw ClientConfigurationError(
                "the endpoint URL has more than a scheme, a host, a port and a path",
                hint: "leave out user, query and fragment")
        }
        isEncrypted = scheme == "https"
        guard isEncrypted || Self.isLoopback(name) else {
            throw ClientConfigurationError(
                "plain HTTP to \(name) would send keys and data readable for all on the way",
                hint: "use https://\(name), or a loopback address through a tunnel")
        }
        let port = parts.port.flatMap { $0 == (scheme == "https" ? 443 : 80) ? nil : $0 }
        host = name.lowercased() + (port.map { ":\($0)" } ?? "")
        origin = "\(scheme)://\(host)"
        path = parts.percentEncodedPath.isEmpty ? "/" : parts.percentEncodedPath
    }

    /// AWS KMS's own endpoint in a Region, or in one of its China partition.
    package init(awsRegion region: String) throws(ClientConfigurationError) {
        let suffix = region.hasPrefix("cn-") ? "amazonaws.com.cn" : "amazonaws.com"
        try self.init("https://kms.\(region).\(suffix)")
    }

    private static func isLoopback(_ host: String) -> Bool {
        if host.lowercased() == "localhost" || host == "[::1]" { return true }
        let octets = host.split(separator: ".", omittingEmptySubsequences: false)
        return octets.count == 4 && octets[0] == "127" && octets.allSatisfy { UInt8($0) != nil }
    }
}
