import Crypto

/// Signs requests with AWS Signature Version 4, for a client.
public struct SigV4Signer: Sendable {
    public let credential: SigningCredential
    public let region: String
    public let service: String

    public init(credential: SigningCredential, region: String, service: String) {
        self.credential = credential
        self.region = region
        self.service = service
    }

    /// The headers that make the request signed: x-amz-date, authorization and, with a temporary credential,
    /// x-amz-security-token.
    ///
    /// - Parameters:
    ///   - path: As it is sent, with its percent escapes.
    ///   - query: As it is sent, without the question mark; empty when there is none.
    ///   - host: The Host header as it is sent: with the port, unless it is the scheme's own.
    ///   - headers: The other headers to sign. Leave out what a proxy may change.
    ///   - now: Seconds since 1970-01-01T00:00:00Z.
    public func sign(
        method: String, path: String, query: String = "", host: String, headers: [(name: String, value: String)],
        body: RawSpan, now: Int64
    ) -> [(name: String, value: String)] {
        let time = SigningTime(epochSeconds: now)
        var added: [(name: String, value: String)] = [("x-amz-date", time.description)]
        if let token = credential.sessionToken { added.append(("x-amz-security-token", token)) }

        var signed = ["host": host]
        for (name, value) in headers + added {
            let name = name.lowercased()
            signed[name] = signed[name].map { "\($0),\(value)" } ?? value
        }
        let names = signed.keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        let scope = CredentialScope(day: time.day, region: region, service: service)
        let request = CanonicalRequest(
            method: method, path: path, query: query, signedHeaders: names, bodyHash: hexadecimalSHA256(of: body)
        ) { signed[$0] }
        let mac = credential.signingKey(for: scope).signature(of: request.stringToSign(at: time, scope: scope))
        var signature: [UInt8] = []
        signature.appendHexadecimal(mac)
        added.append(
            (
                "authorization",
                """
                AWS4-HMAC-SHA256 Credential=\(credential.accessKeyID)/\(scope.text), \
                SignedHeaders=\(names.joined(separator: ";")), Signature=\(String(decoding: signature, as: UTF8.self))
                """
            ))
        return added
    }
}
