import ArgumentParser
import KMSAPIClient

struct KeyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "key",
        abstract: "Make, show, rotate and end keys, on this or any other AWS-compatible KMS.",
        discussion: "strongroom key create --state DIR --description 'payroll'",
        subcommands: [
            KeyList.self, KeyCreate.self, KeyDescribe.self, KeyPublicKey.self, KeyLastUsageCommand.self,
            KeyEnable.self, KeyDisable.self, KeyRotate.self, KeyEnableRotation.self, KeyDisableRotation.self,
            KeyRotationStatus.self, KeyListRotations.self, KeyDeleteMaterial.self, KeyScheduleDeletion.self,
            KeyCancelDeletion.self, KeyResetPolicy.self, KeyReplicate.self, KeyUpdatePrimaryRegion.self,
        ]
    )
}

struct KeyList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List all keys of the Region.", discussion: "strongroom key list --state DIR"
    )

    @OptionGroup var options: ClientOptions

    func run() async throws {
        let keys = try await options.withClient { client in
            try await client.list("ListKeys", pages: KeyPage.self) { ListInput(Marker: $0) }
        }
        let text = keys.map { "\($0.KeyId)  \($0.KeyArn)" }.joined(separator: "\n")
        try options.show(["Keys": keys], keys.isEmpty ? "There are no keys in this Region yet." : text)
    }
}

struct KeyDescribe: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "describe", abstract: "Show a key.",
        discussion: "strongroom key describe alias/payroll --state DIR"
    )

    @OptionGroup var options: ClientOptions

    @Argument(help: "The key's id, ARN, alias name or alias ARN.")
    var key: String

    func run() async throws {
        try await options.call("DescribeKey", KeyInput(KeyId: key), returning: KeyOutput.self, \.text)
    }
}

struct KeyEnable: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "enable", abstract: "Let a disabled key be used again.",
        discussion: "strongroom key enable 1234abcd-12ab-34cd-56ef-1234567890ab --state DIR"
    )

    @OptionGroup var options: ClientOptions

    @Argument(help: "The key's id or ARN.")
    var key: String

    func run() async throws {
        try await options.call("EnableKey", KeyInput(KeyId: key), done: "\(key) is enabled.")
    }
}

struct KeyDisable: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "disable", abstract: "Keep a key from being used.",
        discussion: "strongroom key disable 1234abcd-12ab-34cd-56ef-1234567890ab --state DIR"
    )

    @OptionGroup var options: ClientOptions

    @Argument(help: "The key's id or ARN.")
    var key: String

    func run() async throws {
        try await options.call("DisableKey", KeyInput(KeyId: key), done: "\(key) is disabled.")
    }
}

struct KeyCancelDeletion: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cancel-deletion", abstract: "Keep a key that was to be destroyed.",
        discussion: "strongroom key cancel-deletion 1234abcd-12ab-34cd-56ef-1234567890ab --state DIR"
    )

    @OptionGroup var options: ClientOptions

    @Argument(help: "The key's id or ARN.")
    var key: String

    func run() async throws {
        try await options.call("CancelKeyDeletion", KeyInput(KeyId: key), returning: KeyIDOutput.self) {
            "\($0.KeyId) is kept, and disabled: enable it with `strongroom key enable`."
        }
    }
}
