internal import FoundationEssentials
internal import KMSCore

/// Google's Wycheproof vectors for AES-GCM, as `scripts/fetch-test-vectors.sh` fetches them.
package enum Wycheproof {
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
        let file = folder + "/aes_gcm_test.json"
        guard let json = try? Data(contentsOf: URL(filePath: file)) else {
            throw MissingPrerequisite("the test vectors \(file) are not there", hint: "scripts/fetch-test-vectors.sh")
        }
        return try JSONDecoder().decode(Vectors.self, from: json).testGroups
            .filter { $0.keySize == 256 && $0.ivSize == 96 && $0.tagSize == 128 }
            .flatMap(\.tests)
            .map { test in
                AESGCMVector(
                    number: test.tcId, comment: test.comment, key: try bytes(test.key), iv: try bytes(test.iv),
                    aad: try bytes(test.aad), plaintext: try bytes(test.msg), sealed: try bytes(test.ct + test.tag),
                    isValid: test.result == "valid"
                )
            }
    }

    private static var folder: String {
        var path = URL(filePath: #filePath)
        for _ in 0..<3 { path.deleteLastPathComponent() }
        return path.appending(path: ".build-vectors").path
    }

    private static func bytes(_ text: String) throws -> [UInt8] {
        guard let bytes = Hexadecimal.decode(text.utf8) else {
            throw MissingPrerequisite("\(text) is not hexadecimal", hint: "delete .build-vectors and fetch it anew")
        }
        return bytes
    }

    private struct Vectors: Decodable {
        let testGroups: [Group]
    }

    private struct Group: Decodable {
        let ivSize: Int
        let keySize: Int
        let tagSize: Int
        let tests: [Test]
    }

    private struct Test: Decodable {
        let tcId: Int
        let comment: String
        let key: String
        let iv: String
        let aad: String
        let msg: String
        let ct: String
        let tag: String
        let result: String
    }
}
