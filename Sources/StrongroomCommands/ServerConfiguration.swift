import FoundationEssentials
import HSMWorkerProtocol
import KMSCore
import Yams

/// `strongroom.yaml`.
struct ServerConfiguration: Codable, Sendable {
    var account: String
    var regions: [String]
    var listen: String
    var tls: TLS?
    var hsm: HSM
    /// By a Region, the token that its keys are in; those of all others are in the server's own.
    var regionTokens: [String: Member]?
    var audit: Audit?
    var events: Events?
    /// Requests a second, by the names of quotas; `all` is for those that are not named.
    var quotas: [String: QuotaRate]?
    var metrics: Metrics?
    /// What custom key stores may keep their keys in, by the cluster ids that they name.
    var clusters: [String: Cluster]?
    /// The XKS proxies that external key stores may name, by their hosts.
    var xksProxies: [String: ExternalProxy]?
    var xksProxy: XKSProxy?

    struct Audit: Codable, Sendable {
        /// Where the files are; a path that is not absolute counts from the state directory.
        var folder: String?
        /// `daily` (the default) or `hourly`: when a new file is begun.
        var rotation: String?
        /// A new file is begun, too, when the last one has this many mebibytes; 256 by default.
        var maximumFileMebibytes: Int?
        /// `refuse` (the default) or `continue`: what becomes of requests while records cannot be written.
        var onFailure: String?
    }

    struct Events: Codable, Sendable {
        var webhook: Webhook

        struct Webhook: Codable, Sendable {
            var url: String
            /// A file, of mode 0600, with what is sent as `Authorization`.
            var authorizationFile: String?
            /// A PEM file with certificates to trust besides the system's.
            var trustRoots: String?
        }
    }

    struct TLS: Codable, Sendable {
        /// PEM files: the certificate with its chain, and its key.
        var certificate: String
        var key: String
    }

    struct HSM: Codable, Sendable {
        var module: String
        /// RFC 7512.
        var token: String
        var pin: PIN
        /// Further tokens of the same cluster, which their vendor keeps in step with the first.
        var members: [Member]?
        /// On how many of all tokens a new key has to be seen; all by default.
        var quorum: Int?
        /// Seconds in which a token shows what another made or destroyed; 10 by default.
        var propagation: Double?
    }

    struct Member: Codable, Sendable {
        var module: String
        var token: String
        var pin: PIN
        /// A profile file; a path that is not absolute counts from the state directory. The first token's by default.
        var profile: String?
    }

    /// Exactly one of them.
    struct PIN: Codable, Sendable {
        var file: String?
        var credential: String?
        var command: [String]?
        /// The number of a descriptor that the server is started with.
        var descriptor: Int32?
        /// The name of a variable of the server's environment.
        var env: String?
    }

    struct Metrics: Codable, Sendable {
        /// HOST:PORT, of a loopback address.
        var listen: String
    }

    static func load(_ state: StateDirectory) throws(CommandFailure) -> ServerConfiguration {
        guard let data = FileManager.default.contents(atPath: state.configuration) else {
            throw CommandFailure(
                "\(state.configuration) cannot be read: \(errorText())",
                hint: "make a state directory with: strongroom init --state \(state.path)"
            )
        }
        let configuration: ServerConfiguration
        let unknown: [String]
        do {
            unknown = try unknownFields(of: Yams.compose(yaml: String(decoding: data, as: UTF8.self)))
            configuration = try YAMLDecoder().decode(ServerConfiguration.self, from: Data(data))
        } catch {
            throw CommandFailure(
                "\(state.configuration) cannot be understood: \(yamlReason(error))",
                hint: "docs/configuration.md explains every field"
            )
        }
        _ = try configuration.scopes()
        _ = try configuration.pinSource(in: state)
        try configuration.checkMembers(in: state)
        try configuration.checkClusters()
        try configuration.checkProxies()
        try configuration.checkRegionTokens(in: state)
        guard unknown.isEmpty else {
            throw CommandFailure(
                "\(state.configuration) has fields that mean nothing: \(unknown.joined(separator: ", "))",
                hint: "docs/configuration.md explains every field"
            )
        }
        return configuration
    }

    /// The fields by the path of what they stand in. A misspelled one would be a setting without effect.
    private static let fields: [String: Set<String>] = [
        "": [
            "account", "regions", "regionTokens", "listen", "tls", "hsm", "audit", "events", "quotas", "metrics",
            "clusters", "xksProxy", "xksProxies",
        ],
        "xksProxy.": ["listen", "tls", "deadlineMilliseconds"],
        "xksProxy.tls.": ["certificate", "key", "clientAuthority", "clientSubject"],
        "tls.": ["certificate", "key"],
        "hsm.": ["module", "token", "pin", "members", "quorum", "propagation"], "metrics.": ["listen"],
        "hsm.pin.": ["file", "credential", "command", "descriptor", "env"],
        "hsm.members.": ["module", "token", "pin", "profile"],
        "hsm.members.pin.": ["file", "credential", "command", "descriptor", "env"],
        "clusters.*.": ["module", "token", "profile", "trustAnchor", "account"],
        "xksProxies.*.": ["address", "trustRoots", "clientCertificate", "clientKey", "account"],
        "regionTokens.*.": ["module", "token", "pin", "profile"],
        "regionTokens.*.pin.": ["file", "credential", "command", "descriptor", "env"],
        "audit.": ["folder", "rotation", "maximumFileMebibytes", "onFailure"], "events.": ["webhook"],
        "events.webhook.": ["url", "authorizationFile", "trustRoots"],
    ]

    private static func unknownFields(of node: Node?, at path: String = "") -> [String] {
        if let items = node?.sequence { return items.flatMap { unknownFields(of: $0, at: path) } }
        // Names that the operator chooses, or Regions'.
        if ["clusters.", "xksProxies.", "regionTokens."].contains(path) {
            return node?.mapping.map { $0.flatMap { unknownFields(of: $1, at: path + "*.") } } ?? []
        }
        guard let mapping = node?.mapping, let known = fields[path] else { return [] }
        return mapping.flatMap { name, value -> [String] in
            let name = name.string ?? "?"
            return known.contains(name) ? unknownFields(of: value, at: "\(path)\(name).") : [path + name]
        }
    }

    /// The account in each Region, checked.
    func scopes() throws(CommandFailure) -> (account: AccountID, regions: Set<Region>) {
        guard let id = AccountID(account) else {
            throw CommandFailure(
                "the account \(account) is not 12 digits", hint: "write it in quotes: \"111122223333\"")
        }
        var known: Set<Region> = []
        for name in regions {
            guard let region = Region(name) else {
                throw CommandFailure("\(name) is not a Region's name", hint: "Regions look like eu-central-1")
            }
            known.insert(region)
        }
        guard !known.isEmpty else { throw CommandFailure("no Region is configured", hint: "name one under regions:") }
        return (id, known)
    }

    func pinSource(in state: StateDirectory) throws(CommandFailure) -> PINSource {
        try hsm.pin.source(in: state)
    }

    /// The file as a person would write it.
    var yaml: String {
        var text = """
            # Strongroom's configuration: read by `strongroom serve` at its start.
            account: "\(account)"
            # A request's signature names its Region; keys of one Region are not seen from another.
            regions: [\(regions.joined(separator: ", "))]
            # Where to listen. Plain HTTP is served on loopback only; elsewhere give tls: {certificate: FILE, key: FILE}.
            listen: \(Self.quoted(listen))

            """
        if let tls {
            text += "tls:\n  certificate: \(Self.quoted(tls.certificate))\n  key: \(Self.quoted(tls.key))\n"
        }
        text += """
            hsm:
              module: \(Self.quoted(hsm.module))
              token: \(Self.quoted(hsm.token))

            """
        // One of them: pinSource(in:) has seen to it.
        if let file = hsm.pin.file { text += "  pin: {file: \(Self.quoted(file))}\n" }
        if let name = hsm.pin.credential { text += "  pin: {credential: \(Self.quoted(name))}\n" }
        if let words = hsm.pin.command {
            text += "  pin: {command: [\(words.map(Self.quoted).joined(separator: ", "))]}\n"
        }
        if let descriptor = hsm.pin.descriptor { text += "  pin: {descriptor: \(descriptor)}\n" }
        if let name = hsm.pin.env { text += "  pin: {env: \(Self.quoted(name))}\n" }
        return text
    }

    /// A YAML string in single quotes, in which only the quote itself has a meaning.
    private static func quoted(_ text: String) -> String {
        "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "''") + "'"
    }
}

/// What a YAML or decoding error says, in one line.
func yamlReason(_ error: any Error) -> String {
    switch error {
    case DecodingError.keyNotFound(let key, let context):
        return place(context.codingPath + [key]) + " is missing"
    case DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context),
        DecodingError.dataCorrupted(let context):
        // The parser's own error has the line in it, and after that shows it.
        let reason = context.underlyingError.map { "\($0)" } ?? context.debugDescription
        let line = reason.split(separator: "\n").first.map(String.init) ?? reason
        let sentence = line.hasSuffix(".") || line.hasSuffix(":") ? String(line.dropLast()) : line
        return context.codingPath.isEmpty ? sentence : place(context.codingPath) + ": " + sentence
    default:
        return "\(error)"
    }
}

private func place(_ path: [any CodingKey]) -> String {
    path.map(\.stringValue).joined(separator: ".")
}
