import ArgumentParser
import KMSAPIClient
import KMSPolicy

struct XKSPolicyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "policy", abstract: "Whom a store serves, of those whom AWS KMS has let through.",
        discussion: """
            strongroom xks-proxy policy set FILE --prefix payments --state DIR

            Without a policy a store trusts the key policies of AWS KMS, and records who asked. The grammar is that of \
            key policies; actions are kms-xks-proxy:Encrypt, Decrypt and GetKeyMetadata, and condition keys among others \
            kms:ViaService, aws:SourceVpc, aws:SourceVpce, xks:KmsKeyArn, xks:KmsOperation and xks:ExternalKeyId.
            """,
        subcommands: [XKSPolicyShow.self, XKSPolicySet.self, XKSPolicyRemove.self]
    )
}

struct XKSPolicyShow: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show a store's policy.",
        discussion: "strongroom xks-proxy policy show --prefix payments --state DIR")

    @OptionGroup var options: ClientOptions
    @OptionGroup var store: XKSStoreOption

    func run() async throws {
        try await options.call(store.call("GetXKSStorePolicy")) {
            $0["PolicyDocument"]?.documentText ?? "The store has no policy: it trusts the key policies of AWS KMS."
        }
    }
}

struct XKSPolicySet: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "set", abstract: "Give a store a policy; it is in force at once.",
        discussion: "strongroom xks-proxy policy set policy.json --prefix payments --state DIR")

    @OptionGroup var options: ClientOptions
    @OptionGroup var store: XKSStoreOption

    @Argument(help: "A file with the policy; - is the standard input.")
    var file: String

    func run() async throws {
        let policy = try PolicyFile.read(file, as: .key)
        try await options.call(
            store.call("PutXKSStorePolicy", ["PolicyDocument": policy]), done: "The policy is in force.")
    }
}

struct XKSPolicyRemove: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "remove", abstract: "Have a store trust the key policies of AWS KMS.",
        discussion: "strongroom xks-proxy policy remove --prefix payments --state DIR")

    @OptionGroup var options: ClientOptions
    @OptionGroup var store: XKSStoreOption
    @OptionGroup var confirmation: Confirmation

    func run() async throws {
        try confirmation.ask(
            "This lets everybody use the keys of \(store.prefix) whom AWS KMS lets through",
            otherwise: "the policy stays")
        try await options.call(
            store.call("DeleteXKSStorePolicy"), done: "The store trusts the key policies of AWS KMS.")
    }
}
