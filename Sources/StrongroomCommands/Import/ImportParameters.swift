// swift-format-ignore-file: AlwaysUseLowerCamelCase

import FoundationEssentials
import LibCrypto

/// All that wrapping key material for a key takes, offline: what GetParametersForImport answered, and what it was for.
/// As a file it is JSON and holds no secret. The names are the wire's.
struct ImportParameters: Codable, Hashable {
    /// The key's ARN.
    var KeyId: String
    var KeySpec: String
    var KeyUsage: String?
    var WrappingAlgorithm: String
    var WrappingKeySpec: String
    /// DER SubjectPublicKeyInfo.
    var PublicKey: Data
    var ImportToken: Data
    var ParametersValidTo: Date

    /// The RSA key to wrap under, checked to be what was asked for.
    func wrappingKey() throws(CommandFailure) -> PublicKey {
        let spec = try StrongroomCommands.WrappingKeySpec(named: WrappingKeySpec)
        let key: LibCrypto.PublicKey
        do throws(LibCryptoError) {
            key = try LibCrypto.PublicKey(subjectPublicKeyInfo: Array(PublicKey))
        } catch {
            throw CommandFailure("the wrapping key cannot be read: \(error)", hint: "get new parameters")
        }
        guard key.kind == .rsa(bits: spec.bits) else {
            throw CommandFailure("the wrapping key is not an \(WrappingKeySpec) key", hint: "get new parameters")
        }
        return key
    }

    /// SHA-256 of the wrapping key's SubjectPublicKeyInfo, to be compared by eye on both sides of an air gap.
    var fingerprint: String {
        Digest.sha256.hash(Array(PublicKey)).map { byte in
            (byte < 16 ? "0" : "") + String(byte, radix: 16)
        }.joined()
    }

    // MARK: As a file

    static let fileName = "import-parameters.json"

    /// Writes a new file, or into a folder: there also the two files that AWS's own instructions work with.
    /// Answers the path of the JSON file.
    func write(to path: String) throws(CommandFailure) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        encoder.dateEncodingStrategy = .iso8601
        guard let json = try? encoder.encode(self) else {
            throw CommandFailure("the parameters cannot be written as JSON")
        }
        var isFolder = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder else {
            try NewFile.write(Array(json) + [10], to: path)
            return path
        }
        let folder = path.hasSuffix("/") ? String(path.dropLast()) : path
        let files = [
            (Self.fileName, Array(json) + [10]), ("WrappingPublicKey.bin", Array(PublicKey)),
            ("ImportToken.bin", Array(ImportToken)),
        ]
        for (name, _) in files { try NewFile.check("\(folder)/\(name)") }
        for (name, content) in files { try NewFile.write(content, to: "\(folder)/\(name)") }
        return "\(folder)/\(Self.fileName)"
    }

    /// Throws where the parameters could not be written to `path`, before they are asked for.
    static func check(_ path: String) throws(CommandFailure) {
        var isFolder = false
        let isThere = FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
        try NewFile.check(isThere && isFolder ? "\(path)/\(fileName)" : path)
    }

    static func read(_ path: String) throws(CommandFailure) -> ImportParameters {
        var isFolder = false
        let isThere = FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
        let file = isThere && isFolder ? "\(path)/\(fileName)" : path
        guard let data = FileManager.default.contents(atPath: file) else {
            throw CommandFailure("the parameters \(file) cannot be read: \(errorText())")
        }
        let decoder = JSONDecoder()
        decoder.dateDecodingStrategy = .iso8601
        guard let parameters = try? decoder.decode(ImportParameters.self, from: data) else {
            throw CommandFailure(
                "\(file) does not hold import parameters",
                hint: "make it with: strongroom import-key-material KEY --step get-parameters --out FILE"
            )
        }
        return parameters
    }
}
