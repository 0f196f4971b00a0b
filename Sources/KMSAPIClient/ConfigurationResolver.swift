import SigV4

/// Finds a client's configuration where the AWS SDKs look for it: what was said outright, then the environment, then
/// the profile in the shared files.
///
/// A profile that is named outright brings its own credentials, even where the environment has some (as in botocore):
/// who asks for a profile means its identity.
package struct ConfigurationResolver {
    private let environment: [String: String]
    private let readFile: (String) throws(ClientConfigurationError) -> String?

    /// - Parameter readFile: The text of the file at a path, or nil when there is no such file.
    package init(
        environment: [String: String], readFile: @escaping (String) throws(ClientConfigurationError) -> String?
    ) {
        self.environment = environment
        self.readFile = readFile
    }

    package func resolve(
        _ explicit: ExplicitSettings = ExplicitSettings()
    ) throws(ClientConfigurationError) -> ClientConfiguration {
        let shared = try SharedProfiles(
            configPath: sharedPath("AWS_CONFIG_FILE", default: "config"),
            credentialsPath: sharedPath("AWS_SHARED_CREDENTIALS_FILE", default: "credentials"), readFile: readFile)
        let profile = try profile(explicit, in: shared)

        let credential = try credential(explicit, profile: profile, shared: shared)
        guard
            let region = explicit.region ?? variable("AWS_REGION") ?? variable("AWS_DEFAULT_REGION")
                ?? profile.setting("region")
        else {
            throw ClientConfigurationError(
                "no Region is configured", hint: "pass --region, set AWS_REGION, or put region into the profile")
        }
        guard region.utf8.allSatisfy({ $0.isRegionCharacter }), (1...63).contains(region.utf8.count) else {
            throw ClientConfigurationError("'\(region.prefix(63))' is not a Region", hint: "write it like eu-central-1")
        }
        let url =
            explicit.endpointURL ?? variable("AWS_ENDPOINT_URL_KMS") ?? variable("AWS_ENDPOINT_URL")
            ?? profile.setting("endpoint_url")
        let endpoint = if let url { try Endpoint(url) } else { try Endpoint(awsRegion: region) }
        return ClientConfiguration(
            credential: credential, region: region, endpoint: endpoint,
            certificateAuthoritiesPath: explicit.certificateAuthoritiesPath ?? variable("AWS_CA_BUNDLE")
                ?? profile.setting("ca_bundle"))
    }

    /// The settings of the profile in force. `default` may be missing, a profile that somebody named may not.
    private func profile(
        _ explicit: ExplicitSettings, in shared: SharedProfiles
    ) throws(ClientConfigurationError) -> Profile {
        let named = explicit.profile ?? variable("AWS_PROFILE")
        let name = named ?? "default"
        if let settings = shared.profiles[name] { return Profile(name: name, settings: settings) }
        guard named == nil else {
            let others = shared.profiles.keys.sorted().joined(separator: ", ")
            throw ClientConfigurationError(
                "there is no profile '\(name)' in \(shared.paths.joined(separator: " or "))",
                hint: others.isEmpty ? "the files hold no profiles" : "the profiles there are \(others)")
        }
        return Profile(name: name, settings: [:])
    }

    private func credential(
        _ explicit: ExplicitSettings, profile: Profile, shared: SharedProfiles
    ) throws(ClientConfigurationError) -> SigningCredential {
        if let credential = explicit.credential { return credential }
        if explicit.profile == nil, let accessKeyID = variable("AWS_ACCESS_KEY_ID") {
            guard let secret = variable("AWS_SECRET_ACCESS_KEY") else {
                throw ClientConfigurationError(
                    "AWS_ACCESS_KEY_ID is set, but AWS_SECRET_ACCESS_KEY is not", hint: "set both or neither")
            }
            return SigningCredential(
                accessKeyID: accessKeyID, secretAccessKey: secret, sessionToken: variable("AWS_SESSION_TOKEN"))
        }
        guard let accessKeyID = profile.setting("aws_access_key_id") else {
            throw ClientConfigurationError(
                "no credentials are configured",
                hint: """
                    set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or put aws_access_key_id and \
                    aws_secret_access_key into profile '\(profile.name)' of \
                    \(shared.paths.first ?? "a shared credentials file")
                    """)
        }
        guard let secret = profile.setting("aws_secret_access_key") else {
            throw ClientConfigurationError(
                "profile '\(profile.name)' has aws_access_key_id, but no aws_secret_access_key",
                hint: "put both into \(shared.paths.first ?? "a shared credentials file")")
        }
        return SigningCredential(
            accessKeyID: accessKeyID, secretAccessKey: secret, sessionToken: profile.setting("aws_session_token"))
    }

    /// An empty variable counts as none, as in botocore.
    private func variable(_ name: String) -> String? {
        environment[name].flatMap { $0.isEmpty ? nil : $0 }
    }

    /// Nil when the variable is not set and there is no home to look in.
    private func sharedPath(_ name: String, default file: String) -> String? {
        let home = variable("HOME")
        guard let path = variable(name) else { return home.map { "\($0)/.aws/\(file)" } }
        if let home, path == "~" || path.hasPrefix("~/") { return home + path.dropFirst() }
        return path
    }
}

private struct Profile {
    let name: String
    let settings: [String: String]

    func setting(_ name: String) -> String? {
        settings[name].flatMap { $0.isEmpty ? nil : $0 }
    }
}

extension UInt8 {
    /// A Region becomes part of a host name and of a credential scope.
    fileprivate var isRegionCharacter: Bool {
        switch self {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"): true
        default: false
        }
    }
}
