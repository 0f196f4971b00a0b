import ArgumentParser
import KMSAPIClient

struct KeyEnableRotation: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "enable-rotation", abstract: "Have a symmetric key rotated by itself.",
        discussion: "strongroom key enable-rotation 1234abcd-12ab-34cd-56ef-1234567890ab --days 180 --state DIR"
    )

    @OptionGroup var options: ClientOptions

    @Argument(help: "The key's id or ARN.")
    var key: String

    @Option(help: "Days between rotations, from 90 to 2560. (default: 365, or what the key has already)")
    var days: Int?

    func run() async throws {
        try await options.call(
            "EnableKeyRotation", EnableRotationInput(KeyId: key, RotationPeriodInDays: days),
            done: "\(key) is rotated by itself from now on. See when with: strongroom key rotation-status \(key)"
        )
    }
}

struct KeyDisableRotation: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "disable-rotation", abstract: "End a key's rotation by itself.",
        discussion: "strongroom key disable-rotation 1234abcd-12ab-34cd-56ef-1234567890ab --state DIR"
    )

    @OptionGroup var options: ClientOptions

    @Argument(help: "The key's id or ARN.")
    var key: String

    func run() async throws {
        try await options.call(
            "DisableKeyRotation", KeyInput(KeyId: key), done: "\(key) is not rotated by itself any more.")
    }
}

struct KeyRotationStatus: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rotation-status", abstract: "Show whether and when a key is rotated.",
        discussion: "strongroom key rotation-status 1234abcd-12ab-34cd-56ef-1234567890ab --state DIR"
    )

    @OptionGroup var options: ClientOptions

    @Argument(help: "The key's id or ARN.")
    var key: String

    func run() async throws {
        try await options.call(
            "GetKeyRotationStatus", KeyInput(KeyId: key), returning: RotationStatusOutput.self, \.text)
    }
}

struct KeyListRotations: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list-rotations", abstract: "List a key's rotations, or all of its material.",
        discussion: "strongroom key list-rotations 1234abcd-12ab-34cd-56ef-1234567890ab --all-material --state DIR"
    )

    @OptionGroup var options: ClientOptions

    @Argument(help: "The key's id or ARN.")
    var key: String

    @Flag(help: "Also the first material, and material that waits for its rotation.")
    var allMaterial = false

    func run() async throws {
        let include = allMaterial ? "ALL_KEY_MATERIAL" : nil
        let rotations = try await options.withClient { client in
            try await client.list("ListKeyRotations", pages: RotationPage.self) { marker in
                RotationsInput(KeyId: key, IncludeKeyMaterial: include, Marker: marker)
            }
        }
        let text = rotations.map(\.text).joined(separator: "\n")
        try options.show(["Rotations": rotations], rotations.isEmpty ? "The key has not been rotated yet." : text)
    }
}
