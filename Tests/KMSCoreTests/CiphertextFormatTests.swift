import Crypto
import FoundationEssentials
import KMSCore
import KMSTesting
import SecureMemory
import Testing

/// One of the vectors in docs/ciphertext-format.md, made by another program.
struct FormatVector: Decodable, Sendable, CustomTestStringConvertible {
    let name: String
    /// Of version 1.
    let key: String?
    /// Of version 2.
    let encryptionKey: String?
    let authenticationKey: String?
    let keyId: String
    let materialNumber: UInt32
    let iv: String
    let encryptionContext: [String: String]
    let plaintext: String
    let authenticatedData: String
    let ciphertextBlob: String

    var testDescription: String { "\(name), version \(version)" }

    var version: Int { key == nil ? 2 : 1 }

    /// All vectors of the document, of either version.
    static func all() throws -> [FormatVector] {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let document = try Data(contentsOf: root.appending(path: "docs/ciphertext-format.md"))
        let text = String(decoding: document, as: UTF8.self)
        let blocks = text.split(separator: "```json\n", omittingEmptySubsequences: false).dropFirst()
        return try blocks.flatMap { text in
            let block = try #require(text.split(separator: "\n```").first, "the document has its vectors")
            return try JSONDecoder().decode([FormatVector].self, from: Data(block.utf8))
        }
    }
}

@Suite struct `The documented ciphertext format` {
    private func bytes(_ text: String) throws -> [UInt8] {
        try #require(Hexadecimal.decode(Array(text.utf8)))
    }

    /// A rig with the vector's key in token and database.
    private func rig(_ vector: FormatVector) async throws -> Rig {
        let rig = Rig()
        let object = ObjectID.random()
        let key = try #require(vector.key ?? vector.encryptionKey)
        let checkValue = rig.backend.plant(
            try bytes(key), mac: try vector.authenticationKey.map { try bytes($0) }, as: object)
        let sample = Key.sample()
        let material = KeyMaterial(
            number: vector.materialNumber, id: sample.materials[0].id,
            reference: MaterialReference(object: object, checkValue: checkValue), creationDate: rig.clock.now,
            reservedEncryptions: 0
        )
        let stored = Key(
            address: KeyAddress(scope: .sample, id: try #require(KeyID(vector.keyId))), spec: .symmetricDefault,
            usage: .encryptDecrypt, origin: .awsKMS, lifecycle: .enabled, description: "", policy: .openPolicy,
            tags: [:],
            creationDate: rig.clock.now, materials: [material], currentMaterial: vector.materialNumber
        )
        try await rig.metadata.commit([.saveKey(stored)])
        return rig
    }

    @Test(arguments: [1, 2])
    func `has vectors for what can differ`(version: Int) throws {
        let vectors = try FormatVector.all().filter { $0.version == version }
        #expect(vectors.count >= 6)
        #expect(Set(vectors.map(\.name)).count == vectors.count)
        #expect(vectors.contains { $0.keyId.hasPrefix("mrk-") })
        #expect(vectors.contains { $0.plaintext.isEmpty })
        #expect(vectors.contains { $0.encryptionContext.isEmpty })
        #expect(vectors.contains { $0.encryptionContext.count > 2 })
        #expect(vectors.contains { $0.materialNumber == .max })
    }

    @Test(arguments: try FormatVector.all())
    func `is what a ciphertext is read as`(vector: FormatVector) throws {
        let blob = try CiphertextBlob(decoding: bytes(vector.ciphertextBlob))
        #expect(blob.keyID.description == vector.keyId)
        #expect(blob.materialNumber == vector.materialNumber)
        #expect(Int(blob.format.rawValue) == vector.version)
        #expect(try blob.content.bytes.starts(with: bytes(vector.iv)))
        let header = CiphertextBlob.header(
            keyID: blob.keyID, materialNumber: blob.materialNumber, format: blob.format)
        #expect(
            try CiphertextBlob.authenticatedData(
                header: header, context: EncryptionContext(vector.encryptionContext)
            ) == bytes(vector.authenticatedData)
        )
    }

    @Test(arguments: try FormatVector.all())
    func `is what the key store writes, to the byte`(vector: FormatVector) async throws {
        let rig = try await rig(vector)
        rig.backend.useNext(iv: try bytes(vector.iv))
        let result = try await rig.start().encrypt(
            SecretBytes(copying: bytes(vector.plaintext)), with: vector.keyId,
            context: EncryptionContext(vector.encryptionContext), by: .alice
        )
        #expect(try result.ciphertext == bytes(vector.ciphertextBlob))
    }

    @Test(arguments: try FormatVector.all())
    func `is what the key store decrypts, for ever`(vector: FormatVector) async throws {
        let store = try await rig(vector).start()
        let result = try await store.decrypt(
            bytes(vector.ciphertextBlob), with: nil, context: EncryptionContext(vector.encryptionContext), by: .alice
        )
        #expect(try result.plaintext.exposedArray == bytes(vector.plaintext))
        await expect(.invalidCiphertext) {
            _ = try await store.decrypt(bytes(vector.ciphertextBlob), in: ["another": "context"])
        }
    }

    @Test(arguments: try FormatVector.all().filter { $0.version == 1 })
    func `needs nothing but AES-GCM to be opened`(vector: FormatVector) throws {
        let blob = try bytes(vector.ciphertextBlob)
        let box = try AES.GCM.SealedBox(combined: blob.dropFirst(26))
        let key = SymmetricKey(data: try bytes(try #require(vector.key)))
        let plaintext = try AES.GCM.open(box, using: key, authenticating: bytes(vector.authenticatedData))
        #expect(try Array(plaintext) == bytes(vector.plaintext))
    }
}
