// swift-format-ignore-file: AlwaysUseLowerCamelCase

// The names are the wire's.
import FoundationEssentials
import KMSAPIClient
import KMSCore

struct TagInput: Codable {
    var TagKey: String
    var TagValue: String

    /// - Parameter texts: each as NAME=VALUE.
    static func all(_ texts: [String]) throws(CommandFailure) -> [TagInput]? {
        var tags: [TagInput] = []
        for text in texts {
            guard let equals = text.firstIndex(of: "=") else {
                throw CommandFailure("the tag '\(text)' is not NAME=VALUE")
            }
            tags.append(TagInput(TagKey: String(text[..<equals]), TagValue: String(text[text.index(after: equals)...])))
        }
        return tags.isEmpty ? nil : tags
    }
}

struct CreateKeyInput: Encodable {
    var Description: String?
    var Tags: [TagInput]?
    var KeySpec: String?
    var KeyUsage: String?
    var Origin: String?
    var CustomKeyStoreId: String?
    var XksKeyId: String?
    var Policy: String?
    var MultiRegion: Bool?

    /// The usage of a key: what was asked for, or what the spec has alone. Two keys of one spec with different usages
    /// are different things, so nothing is guessed.
    static func usage(_ given: String?, of spec: String?) throws(CommandFailure) -> String? {
        if let given { return given }
        guard let spec, let entry = AlgorithmTable.entry(for: KMSCore.KeySpec(rawValue: spec)) else { return nil }
        guard let only = entry.usages.first, entry.usages.count == 1 else {
            throw CommandFailure(
                "\(spec) needs a key usage",
                hint: "give --key-usage \(entry.usages.map(\.rawValue).joined(separator: " or "))"
            )
        }
        return only.rawValue
    }
}

struct PolicyOutput: Decodable {
    var Policy: String
}

struct TagPage: KMSPage {
    var Tags: [TagInput]
    var NextMarker: String?

    var items: [TagInput] { Tags }
    var nextMarker: String? { NextMarker }
}

struct PublicKeyOutput: Codable {
    var KeyId: String
    /// DER SubjectPublicKeyInfo.
    var PublicKey: Data
    var KeySpec: String?
    var KeyUsage: String?
    var EncryptionAlgorithms: [String]?
    var SigningAlgorithms: [String]?
    var KeyAgreementAlgorithms: [String]?

    var pem: String { PEM.text("PUBLIC KEY", der: Array(PublicKey)) }

    var text: String {
        let algorithms = [EncryptionAlgorithms, SigningAlgorithms, KeyAgreementAlgorithms].compactMap(\.self)
        return aligned([
            ("key", KeyId), ("spec", KeySpec), ("usage", KeyUsage),
            ("algorithms", algorithms.flatMap(\.self).joined(separator: ", ")),
        ]) + "\n" + pem
    }
}

/// What `key rotate --alias --new-key` did.
struct ReplacedKeyOutput: Encodable {
    var AliasName: String
    var NewKeyId: String
    var OldKeyId: String
}
