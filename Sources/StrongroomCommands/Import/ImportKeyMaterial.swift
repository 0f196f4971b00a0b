import ArgumentParser
import FoundationEssentials

/// `strongroom import-key-material`: the options, and which belong together. ``ImportKeyMaterial+Steps.swift`` has what
/// is done.
struct ImportKeyMaterial: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import-key-material",
        abstract: "Bring key material of your own into a key, on this or any other AWS-compatible KMS.",
        discussion: """
            strongroom import-key-material --create --alias payroll --generate --backup payroll.p12 --state DIR
            strongroom import-key-material KEY --file key.bin --expires-in 90d --state DIR
            head -c 32 /dev/urandom | base64 | strongroom import-key-material KEY --stdin --base64 --state DIR
            strongroom import-key-material --create --key-spec ECC_NIST_P256 --key-usage SIGN_VERIFY --pem key.pem \\
                --profile aws
            strongroom import-key-material KEY --from-token 'pkcs11:token=old;object=payroll' \\
                --module /usr/lib/libold.so --pin-file old.pin --state DIR

            In three steps, where the key material is on a machine without a network:
            strongroom import-key-material KEY --step get-parameters --out parameters.json --state DIR
            strongroom import-key-material --step wrap --parameters parameters.json --file key.bin --out wrapped.bin
            strongroom import-key-material --step import --parameters parameters.json --wrapped wrapped.bin --state DIR

            The material is checked here, wrapped here under a key of the server's HSM, and wiped. More is told in \
            docs/importing-keys.md.
            """
    )

    enum Step: String, ExpressibleByArgument, CaseIterable {
        case getParameters = "get-parameters"
        case wrap
        case importMaterial = "import"
    }

    @Argument(help: "The key's id or ARN. Its origin is EXTERNAL.")
    var key: String?

    @OptionGroup(title: "A new key")
    var newKey: NewKeyOptions

    @OptionGroup(title: "Source of the key material, exactly one")
    var sources: SourceOptions

    @Option(help: "How long the material can be used, as 90d, 12h or 30m. (default: it does not expire)")
    var expiresIn: String?

    @Option(help: "Until when the material can be used, as 2027-01-31T12:00:00Z.")
    var validTo: String?

    @Flag(help: "The material is new for a key that has some: `strongroom key rotate` then makes it current.")
    var newMaterial = false

    @Option(help: "What the material is.")
    var materialDescription: String?

    @Option(help: "Which of the key's materials is imported again, by its id.")
    var materialID: String?

    @Option(help: "The RSA key to wrap under: RSA_2048, RSA_3072 or RSA_4096. (default: RSA_4096)")
    var wrappingSpec: String?

    @Option(
        help: """
            How to wrap. (default: RSAES_OAEP_SHA_256, and RSA_AES_KEY_WRAP_SHA_256 for RSA keys; SHA_1 where a token \
            does no better)
            """
    )
    var algorithm: String?

    @Option(help: "Do one step alone: get-parameters, wrap (which uses no network) or import.")
    var step: Step?

    @Option(help: "With --step: the new file to write; for get-parameters also a folder.")
    var out: String?

    @Option(help: "With --step wrap and import: the file that get-parameters wrote.")
    var parameters: String?

    @Option(help: "With --step import: the file that wrap wrote.")
    var wrapped: String?

    @OptionGroup(title: "The service")
    var options: ClientOptions

    func run() async throws {
        try checkCombination()
        switch step {
        case nil: try await importWhole()
        case .getParameters: try await getParameters()
        case .wrap: try await wrapOffline()
        case .importMaterial: try await importWrapped()
        }
    }

    func expiry() throws(CommandFailure) -> Expiry {
        try Expiry(period: expiresIn, instant: validTo, now: Date())
    }

    // MARK: What belongs together

    /// Options in groups that a step takes or does not.
    private enum Group: CaseIterable {
        case key, source, material, wrapping, service, out, parameters, wrapped
    }

    private func given(_ group: Group) -> [String] {
        func names(_ all: (String, Bool)...) -> [String] { all.filter(\.1).map(\.0) }
        return switch group {
        case .key: names(("KEY", key != nil)) + newKey.given
        case .source: sources.given
        case .material:
            names(
                ("--expires-in", expiresIn != nil), ("--valid-to", validTo != nil), ("--new-material", newMaterial),
                ("--material-description", materialDescription != nil), ("--material-id", materialID != nil))
        case .wrapping: names(("--wrapping-spec", wrappingSpec != nil), ("--algorithm", algorithm != nil))
        case .service:
            names(
                ("--state", options.state != nil), ("--profile", options.profile != nil),
                ("--endpoint-url", options.endpointURL != nil), ("--region", options.region != nil))
        case .out: names(("--out", out != nil))
        case .parameters: names(("--parameters", parameters != nil))
        case .wrapped: names(("--wrapped", wrapped != nil))
        }
    }

    private func checkCombination() throws(CommandFailure) {
        let taken: Set<Group> =
            switch step {
            case nil: [.key, .source, .material, .wrapping, .service]
            case .getParameters: [.key, .wrapping, .service, .out]
            case .wrap: [.source, .out, .parameters]
            case .importMaterial: [.material, .service, .parameters, .wrapped]
            }
        for group in Group.allCases where !taken.contains(group) {
            guard let stray = given(group).first else { continue }
            throw CommandFailure(
                step.map { "\(stray) means nothing with --step \($0.rawValue)" }
                    ?? "\(stray) means nothing without --step",
                hint: stray == "KEY" ? "the parameters name the key" : "see: strongroom import-key-material --help"
            )
        }
        for (group, name) in [(Group.out, "--out"), (.parameters, "--parameters"), (.wrapped, "--wrapped")]
        where taken.contains(group) && given(group).isEmpty {
            throw CommandFailure("\(name) is missing", hint: "see: strongroom import-key-material --help")
        }
        guard taken.contains(.key) else { return }
        try newKey.check()
        switch (key, newKey.create) {
        case (nil, false):
            throw CommandFailure("no key is named", hint: "give a key's id or ARN, or --create for a new key")
        case (_?, true):
            throw CommandFailure("a key and --create are given", hint: "give one of them")
        default: break
        }
    }
}
