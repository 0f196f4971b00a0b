import FoundationEssentials
import Testing

@testable import StrongroomCommands

/// A folder that is gone when its last user is.
final class TemporaryFolder: Sendable {
    let path: String

    init() throws {
        path = FileManager.default.temporaryDirectory.appending(path: "strongroom-commands-\(UUID())").path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }

    var state: StateDirectory { StateDirectory(path) }

    /// Writes a file; answers its path.
    @discardableResult
    func write(_ text: String, to name: String) throws -> String {
        let file = path + "/" + name
        try Data(text.utf8).write(to: URL(filePath: file))
        return file
    }
}

/// The top folder of the checkout.
let projectFolder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

/// Expects a failure whose text, message or hint, has `words` in it.
func expectFailure(
    saying words: String..., sourceLocation: SourceLocation = #_sourceLocation, from body: () throws -> Void
) {
    let failure = #expect(throws: CommandFailure.self, sourceLocation: sourceLocation) { try body() }
    let text = [failure?.message, failure?.hint].compactMap(\.self).joined(separator: "\n")
    for word in words {
        #expect(text.contains(word), "the text is: \(text)", sourceLocation: sourceLocation)
    }
    #expect(failure?.message.hasSuffix(".") != true, "an error line has no full stop", sourceLocation: sourceLocation)
}
