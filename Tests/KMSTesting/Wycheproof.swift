internal import FoundationEssentials

/// Google's Wycheproof vectors, as `scripts/fetch-test-vectors.sh` fetches them.
package enum Wycheproof {
    /// What an implementation has to do with a vector.
    package enum Verdict: String, Sendable, Decodable {
        case valid, invalid
        /// Either: it is legal but weak, or common but not quite legal.
        case acceptable
    }

    package struct Vector: Sendable, Hashable {
        package let number: Int
        package let comment: String
        package let flags: [String]
        package let verdict: Verdict
        /// The vector's own fields: `msg`, `sig`, …
        package let fields: TestVectors.Fields
    }

    /// Vectors with something in common: a key, a hash.
    package struct Group: Sendable, Hashable {
        /// What they have in common: `sha`, `keySize`, `publicKeyDer`, …
        package let fields: TestVectors.Fields
        package let tests: [Vector]
    }

    /// The groups of a file, by its name: `ecdsa_secp256r1_sha256_test.json`.
    package static func groups(_ file: String) throws -> [Group] {
        try JSONDecoder().decode(File.self, from: try TestVectors.data(file)).testGroups
    }

    package struct AESGCMVector: Sendable, Hashable {
        package let number: Int
        package let comment: String
        package let key: [UInt8]
        package let iv: [UInt8]
        package let aad: [UInt8]
        package let plaintext: [UInt8]
        /// Ciphertext and tag.
        package let sealed: [UInt8]
        package let isValid: Bool
    }

    /// All vectors with a 256-bit key, a 96-bit IV and a 128-bit tag: the form that the key store uses.
    package static func aesGCM() throws -> [AESGCMVector] {
        var vectors: [AESGCMVector] = []
        for group in try groups("aes_gcm_test.json") {
            let fields = group.fields
            guard try fields.number("keySize") == 256, try fields.number("ivSize") == 96,
                try fields.number("tagSize") == 128
            else { continue }
            for test in group.tests {
                vectors.append(
                    AESGCMVector(
                        number: test.number, comment: test.comment, key: try test.fields.bytes("key"),
                        iv: try test.fields.bytes("iv"), aad: try test.fields.bytes("aad"),
                        plaintext: try test.fields.bytes("msg"),
                        sealed: try test.fields.bytes("ct") + test.fields.bytes("tag"),
                        isValid: test.verdict == .valid
                    ))
            }
        }
        return vectors
    }

    private struct File: Decodable {
        let testGroups: [Group]
    }
}

extension Wycheproof.Group: Decodable {
    private enum Key: String, CodingKey {
        case tests
    }

    package init(from decoder: any Decoder) throws {
        fields = try TestVectors.Fields(from: decoder)
        tests = try decoder.container(keyedBy: Key.self).decode([Wycheproof.Vector].self, forKey: .tests)
    }
}

extension Wycheproof.Vector: Decodable {
    private enum Key: String, CodingKey {
        case tcId, comment, flags, result
    }

    package init(from decoder: any Decoder) throws {
        fields = try TestVectors.Fields(from: decoder)
        let container = try decoder.container(keyedBy: Key.self)
        number = try container.decode(Int.self, forKey: .tcId)
        comment = try container.decode(String.self, forKey: .comment)
        flags = try container.decode([String].self, forKey: .flags)
        verdict = try container.decode(Wycheproof.Verdict.self, forKey: .result)
    }
}

extension TestVectors.Fields: Decodable {
    private struct Key: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }

        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    /// Takes the texts and the whole numbers of an object, and leaves the rest.
    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        var texts: [String: String] = [:]
        for key in container.allKeys {
            if let text = try? container.decode(String.self, forKey: key) {
                texts[key.stringValue] = text
            } else if let number = try? container.decode(Int.self, forKey: key) {
                texts[key.stringValue] = String(number)
            }
        }
        self.texts = texts
    }
}
