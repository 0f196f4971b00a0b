import ArgumentParser
import KMSAPIClient

struct KeyCreate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create", abstract: "Make a key in the HSM: symmetric, HMAC, RSA or elliptic curve.",
        discussion: """
            strongroom key create --state DIR --description 'payroll' --tag team=finance
            strongroom key create --state DIR --key-spec ECC_NIST_P256 --key-usage SIGN_VERIFY
            strongroom key create --state DIR --origin external
            strongroom key create --state DIR --key-store cks-1234567890abcdef0
            strongroom key create --state DIR --key-store cks-1234567890abcdef0 --external-key my-key
            strongroom key create --state DIR --hardened payroll --classification confidential

            A key of origin external is made without material; `strongroom import-key-material` brings it.
            """
    )

    enum Origin: String, ExpressibleByArgument, CaseIterable {
        case awsKMS = "aws-kms"
        case external

        var wireName: String {
            switch self {
            case .awsKMS: "AWS_KMS"
            case .external: "EXTERNAL"
            }
        }

        /// Also as the API has it.
        init?(argument: String) {
            let name = argument.lowercased().replacing("_", with: "-")
            self.init(rawValue: name)
        }
    }

    @OptionGroup var options: ClientOptions

    @Option(help: "What the key is for.")
    var description: String?

    @Option(help: "The key spec, as RSA_3072, ECC_NIST_P256 or HMAC_256. (default: SYMMETRIC_DEFAULT)")
    var keySpec: String?

    @Option(help: "The key usage, where the key spec leaves a choice: SIGN_VERIFY, ENCRYPT_DECRYPT or KEY_AGREEMENT.")
    var keyUsage: String?

    @Option(help: "Who makes the key material: the HSM (aws-kms), or you (external).")
    var origin: Origin?

    @Option(help: "The id of the custom key store that the key is to be made in.")
    var keyStore: String?

    @Option(help: "What the XKS proxy of that key store knows the external key by (XksKeyId).")
    var externalKey: String?

    @Option(help: "A tag as NAME=VALUE; can be given several times.")
    var tag: [String] = []

    @Flag(help: "Make a multi-Region key, which can be replicated to other Regions.")
    var multiRegion = false

    @OptionGroup var hardened: HardenedOptions

    func run() async throws {
        try hardened.check()
        guard keyStore == nil || origin == nil && hardened.hardened == nil else {
            throw CommandFailure(
                "a key in a custom key store has an origin of its own, and is not rotated",
                hint: "leave --origin and --hardened out")
        }
        guard externalKey == nil || keyStore != nil else {
            throw CommandFailure("an external key belongs to a custom key store", hint: "give --key-store, too")
        }
        let input = CreateKeyInput(
            Description: description, Tags: try TagInput.all(tag), KeySpec: keySpec,
            KeyUsage: try CreateKeyInput.usage(keyUsage, of: keySpec),
            Origin: originName, CustomKeyStoreId: keyStore, XksKeyId: externalKey, MultiRegion: multiRegion ? true : nil
        )
        if let name = hardened.hardened { return try await createHardened(name, input) }
        try await options.call("CreateKey", input, returning: KeyOutput.self) { output in
            guard output.KeyMetadata.KeyState == "PendingImport" else { return output.text }
            return output.text
                + "\nBring its material with: strongroom import-key-material \(output.KeyMetadata.KeyId) --help"
        }
    }

    private var originName: String? {
        guard keyStore != nil else { return origin?.wireName }
        return externalKey == nil ? "AWS_CLOUDHSM" : "EXTERNAL_KEY_STORE"
    }

    private func createHardened(_ name: String, _ input: CreateKeyInput) async throws {
        guard (keySpec ?? "SYMMETRIC_DEFAULT") == "SYMMETRIC_DEFAULT", (origin ?? .awsKMS) == .awsKMS else {
            throw CommandFailure(
                "a hardened key is a symmetric one that the HSM makes: others are not rotated by themselves",
                hint: "leave --key-spec and --origin out")
        }
        let made = try await options.withClient { client in
            var maker = HardenedKeyMaker(client, input, rotationPeriod: hardened.rotationPeriod)
            return try await maker.make(hardened, name)
        }
        try options.show(made, made.text)
    }
}
