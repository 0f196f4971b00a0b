import ArgumentParser
import KMSAPIClient

struct XKSKeyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "key", abstract: "The keys of a store.",
        discussion: """
            strongroom xks-proxy key create --prefix payments --id payroll --state DIR
            strongroom xks-proxy key expose --prefix payments --label payroll-aes --state DIR

            They are keys of this server besides: `strongroom key rotate`, `disable`, `schedule-deletion` and the others \
            take their key ids.
            """,
        subcommands: [XKSKeyCreate.self, XKSKeyExpose.self, XKSKeyList.self, XKSKeyRestrict.self]
    )
}

/// What a key may be used for.
struct XKSKeyUses: ParsableArguments {
    enum Use: String, ExpressibleByArgument, CaseIterable {
        case encrypt, decrypt, both, none
    }

    @Option(help: "What the key is for; AWS KMS makes keys only with both.")
    var use: Use = .both

    func apply(to call: QueryCall) -> QueryCall {
        var call = call
        switch use {
        case .both: break
        case .none: call.parameters["NoUse"] = "true"
        case .encrypt, .decrypt: call = call.adding("Uses", [use.rawValue.uppercased()])
        }
        return call
    }
}

struct XKSKeyCreate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create", abstract: "Make a key in the HSM, and expose it.",
        discussion: "strongroom xks-proxy key create --prefix payments --id payroll --state DIR")

    @OptionGroup var options: ClientOptions
    @OptionGroup var store: XKSStoreOption

    @Option(help: "The external key id, which AWS KMS is told. (default: one that is made up)")
    var id: String?

    @Option(help: "What the key is for, in words.")
    var description: String?

    @OptionGroup var uses: XKSKeyUses

    func run() async throws {
        let call = store.call("CreateXKSKey", ["ExternalKeyId": id, "Description": description])
        try await options.call(uses.apply(to: call)) { ($0["Key"] ?? $0).exposedKey }
    }
}

struct XKSKeyExpose: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "expose", abstract: "Expose an AES-256 key that is in the token already, where it is.",
        discussion: """
            strongroom xks-proxy key expose --prefix payments --label payroll-aes --state DIR

            The object is found by its label, and is neither moved, changed nor ever destroyed: deleting the key here \
            leaves it. Rotating the key makes new material beside it; what it encrypted, it still decrypts.
            """
    )

    @OptionGroup var options: ClientOptions
    @OptionGroup var store: XKSStoreOption

    @Option(help: "The label that the object has in the token, and no other secret key.")
    var label: String

    @Option(help: "The external key id, which AWS KMS is told. (default: one that is made up)")
    var id: String?

    @Option(help: "What the key is for, in words.")
    var description: String?

    @OptionGroup var uses: XKSKeyUses

    func run() async throws {
        let call = store.call("CreateXKSKey", ["ExternalKeyId": id, "Label": label, "Description": description])
        try await options.call(uses.apply(to: call)) { ($0["Key"] ?? $0).exposedKey }
    }
}

struct XKSKeyList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List a store's keys.",
        discussion: "strongroom xks-proxy key list --prefix payments --state DIR")

    @OptionGroup var options: ClientOptions
    @OptionGroup var store: XKSStoreOption

    func run() async throws {
        try await options.list(store.call("ListXKSKeys"), "Keys", empty: "The store has no keys yet.") {
            [$0.text("ExternalKeyId"), $0.text("KeyState"), $0.uses, $0.text("KeyArn")]
        }
    }
}

struct XKSKeyRestrict: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restrict", abstract: "Set what a key may be used for.",
        discussion: "strongroom xks-proxy key restrict payroll --use decrypt --prefix payments --state DIR")

    @OptionGroup var options: ClientOptions
    @OptionGroup var store: XKSStoreOption

    @Argument(help: "The external key id.")
    var id: String

    @OptionGroup var uses: XKSKeyUses

    func run() async throws {
        try await options.call(
            uses.apply(to: store.call("UpdateXKSKey", ["ExternalKeyId": id])),
            done: "\(id) is for \(uses.use == .both ? "encrypt and decrypt" : uses.use.rawValue).")
    }
}

extension XMLElement {
    fileprivate var uses: String {
        let uses = members("Uses").map { $0.text.lowercased() }
        return uses.isEmpty ? "no use" : uses.joined(separator: "+")
    }

    fileprivate var exposedKey: String {
        aligned([
            ("external key id", text("ExternalKeyId")), ("key id", text("KeyId")), ("ARN", text("KeyArn")),
            ("state", text("KeyState")), ("uses", uses),
        ])
    }
}
