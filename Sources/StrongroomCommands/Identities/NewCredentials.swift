import KMSAPIClient

/// Credentials that were just made. Nobody tells their secrets a second time.
struct NewCredentials {
    let accessKeyID: String
    let secretAccessKey: String
    var sessionToken: String?
    /// As the service writes it; nil if they do not expire.
    var expiration: String?
    let region: String
    /// Nil for AWS's own.
    let endpoint: String?

    init(accessKeyID: String, secretAccessKey: String, region: String, endpoint: String?) {
        self.accessKeyID = accessKeyID
        self.secretAccessKey = secretAccessKey
        self.region = region
        self.endpoint = endpoint
    }

    /// - Parameter element: `AccessKey` of IAM or `Credentials` of STS.
    init(_ element: XMLElement?, from configuration: ClientConfiguration) throws(CommandFailure) {
        guard let element, let id = element.text("AccessKeyId"), let secret = element.text("SecretAccessKey"),
            // They become lines of a file.
            [id, secret, element.text("SessionToken") ?? ""].allSatisfy({ $0.utf8.allSatisfy { 0x21...0x7e ~= $0 } })
        else { throw CommandFailure("\(configuration.endpoint.url) answered without credentials") }
        let isOfAWS = (try? Endpoint(awsRegion: configuration.region)) == configuration.endpoint
        self.init(
            accessKeyID: id, secretAccessKey: secret, region: configuration.region,
            endpoint: isOfAWS
                ? nil : configuration.endpoint.isAtRoot ? configuration.endpoint.origin : configuration.endpoint.url)
        sessionToken = element.text("SessionToken")
        expiration = element.text("Expiration")
    }

    /// A section of a shared credentials file. Region and endpoint are in it too, so that a client needs no more.
    func section(_ profile: String) -> String {
        let settings: [(String, String?)] = [
            ("aws_access_key_id", accessKeyID), ("aws_secret_access_key", secretAccessKey),
            ("aws_session_token", sessionToken), ("region", region), ("endpoint_url", endpoint),
        ]
        let lines = settings.compactMap { name, value in value.map { "\(name) = \($0)\n" } }
        let comment = expiration.map { "# Good until \($0).\n" } ?? ""
        return "[\(profile)]\n" + comment + lines.joined()
    }

    /// As the AWS SDKs' `credential_process` wants it.
    var processJSON: JSONValue {
        var members: [String: JSONValue] = [
            "Version": .integer(1), "AccessKeyId": .string(accessKeyID), "SecretAccessKey": .string(secretAccessKey),
        ]
        if let sessionToken { members["SessionToken"] = .string(sessionToken) }
        if let expiration { members["Expiration"] = .string(expiration) }
        return .object(members)
    }
}

extension Endpoint {
    fileprivate var isAtRoot: Bool { path == "/" }
}
