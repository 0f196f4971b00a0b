import ArgumentParser
import Glibc
import KMSAPIClient

struct KeyDeleteMaterial: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "delete-material", abstract: "Destroy a key's imported material; the key stays.",
        discussion: """
            strongroom key delete-material 1234abcd-12ab-34cd-56ef-1234567890ab --state DIR

            The key cannot be used until the same material is imported again. If nobody has that any more, whatever \
            it encrypted is lost for ever.
            """
    )

    @OptionGroup var options: ClientOptions

    @Argument(help: "The key's id or ARN.")
    var key: String

    @Option(help: "Which of the key's materials, by its id. (default: the current one)")
    var materialID: String?

    @Flag(help: "Do not ask.")
    var yes = false

    func run() async throws {
        try confirm()
        try await options.call(
            "DeleteImportedKeyMaterial", DeleteMaterialInput(KeyId: key, KeyMaterialId: materialID),
            returning: DeleteMaterialOutput.self
        ) { output in
            """
            The key material \(output.KeyMaterialId.map { $0 + " " } ?? "")of \(key) is destroyed.
            Import the same material again with: strongroom import-key-material \(key)
            """
        }
    }

    private func confirm() throws(CommandFailure) {
        guard !yes else { return }
        guard isatty(0) == 1 else {
            throw CommandFailure(
                "the material of \(key) would be destroyed, and there is nobody to ask", hint: "add --yes to do it")
        }
        put("This destroys the key material of \(key). Type yes to go on: ", on: 1)
        guard readLine() == "yes" else { throw CommandFailure("nothing was destroyed") }
    }
}
