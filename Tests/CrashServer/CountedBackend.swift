import KMSCore
import SecureMemory

/// A backend whose calls are steps, those that make, look for or destroy objects.
struct CountedBackend: KeyBackend {
    let backend: any KeyBackend
    let steps: Steps

    func generateKey(_ spec: KeySpec, for usage: KeyUsage, id: ObjectID) async throws(KMSError) -> GeneratedKey {
        try await steps.take("generateKey") { () async throws(KMSError) in
            try await backend.generateKey(spec, for: usage, id: id)
        }
    }

    func generateWrappingKey(_ spec: KeySpec, id: ObjectID) async throws(KMSError) -> GeneratedKey {
        try await steps.take("generateWrappingKey") { () async throws(KMSError) in
            try await backend.generateWrappingKey(spec, id: id)
        }
    }

    func importKey(
        _ material: WrappedMaterial, of spec: KeySpec, for usage: KeyUsage, id: ObjectID, expecting checkValue: [UInt8]?
    ) async throws(KMSError) -> ImportedKey {
        try await steps.take("importKey") { () async throws(KMSError) in
            try await backend.importKey(material, of: spec, for: usage, id: id, expecting: checkValue)
        }
    }

    func generateMovableKey(_ spec: KeySpec, for usage: KeyUsage, id: ObjectID) async throws(KMSError) -> GeneratedKey {
        try await steps.take("generateMovableKey") { () async throws(KMSError) in
            try await backend.generateMovableKey(spec, for: usage, id: id)
        }
    }

    func wrapKey(
        _ key: MaterialReference, under publicKey: [UInt8], _ algorithm: String
    ) async throws(KMSError) -> [UInt8] {
        try await steps.take("wrapKey") { () async throws(KMSError) in
            try await backend.wrapKey(key, under: publicKey, algorithm)
        }
    }

    func unwrapKey(
        _ material: WrappedMaterial, as id: ObjectID, matching source: MaterialReference, of spec: KeySpec,
        for usage: KeyUsage
    ) async throws(KMSError) -> GeneratedKey {
        try await steps.take("unwrapKey") { () async throws(KMSError) in
            try await backend.unwrapKey(material, as: id, matching: source, of: spec, for: usage)
        }
    }

    func identify(
        _ material: WrappedMaterial, of spec: KeySpec, for usage: KeyUsage, among candidates: [MaterialReference]
    ) async throws(KMSError) -> Int? {
        try await steps.take("identify") { () async throws(KMSError) in
            try await backend.identify(material, of: spec, for: usage, among: candidates)
        }
    }

    func destroyKey(_ id: ObjectID) async throws(KMSError) {
        try await steps.take("destroyKey") { () async throws(KMSError) in try await backend.destroyKey(id) }
    }

    func forgetKey(_ id: ObjectID) async throws(KMSError) {
        try await steps.take("forgetKey") { () async throws(KMSError) in try await backend.forgetKey(id) }
    }

    func verifyKey(_ key: MaterialReference) async throws(KMSError) {
        try await steps.take("verifyKey") { () async throws(KMSError) in try await backend.verifyKey(key) }
    }

    func inventory() async throws(KMSError) -> Set<ObjectID> {
        try await steps.take("inventory") { () async throws(KMSError) in try await backend.inventory() }
    }

    // What follows changes nothing in the token.

    func checkSupport(of spec: KeySpec, for usage: KeyUsage, imported: Bool) async throws(KMSError) {
        try await backend.checkSupport(of: spec, for: usage, imported: imported)
    }

    func sealingScheme(of key: MaterialReference) -> SealingScheme { backend.sealingScheme(of: key) }

    func encrypt(
        _ plaintext: borrowing SecretBytes, authenticating aad: [UInt8], with key: MaterialReference
    ) async throws(KMSError) -> SealedBytes {
        try await backend.encrypt(plaintext, authenticating: aad, with: key)
    }

    func decrypt(
        _ sealed: SealedBytes, authenticating aad: [UInt8], with key: MaterialReference
    ) async throws(KMSError) -> SecretBytes {
        try await backend.decrypt(sealed, authenticating: aad, with: key)
    }

    func reEncrypt(
        _ sealed: SealedBytes, authenticating sourceAAD: [UInt8], with source: MaterialReference,
        authenticating destinationAAD: [UInt8], with destination: MaterialReference
    ) async throws(KMSError) -> SealedBytes {
        try await backend.reEncrypt(
            sealed, authenticating: sourceAAD, with: source, authenticating: destinationAAD, with: destination
        )
    }

    func generateDataKey(
        _ count: Int, authenticating aad: [UInt8], with key: MaterialReference
    ) async throws(KMSError) -> DataKey {
        try await backend.generateDataKey(count, authenticating: aad, with: key)
    }

    func generateDataKeyWithoutPlaintext(
        _ count: Int, authenticating aad: [UInt8], with key: MaterialReference
    ) async throws(KMSError) -> SealedBytes {
        try await backend.generateDataKeyWithoutPlaintext(count, authenticating: aad, with: key)
    }

    func generateDataKeyPair(
        _ spec: KeySpec, authenticating aad: [UInt8], with key: MaterialReference, showingPrivateKey: Bool
    ) async throws(KMSError) -> DataKeyPair {
        try await backend.generateDataKeyPair(
            spec, authenticating: aad, with: key, showingPrivateKey: showingPrivateKey
        )
    }

    func sign(_ input: [UInt8], _ algorithm: String, with key: MaterialReference) async throws(KMSError) -> [UInt8] {
        try await backend.sign(input, algorithm, with: key)
    }

    func generateMAC(
        of message: borrowing SecretBytes, _ algorithm: String, with key: MaterialReference
    ) async throws(KMSError) -> [UInt8] {
        try await backend.generateMAC(of: message, algorithm, with: key)
    }

    func decryptRSA(
        _ ciphertext: [UInt8], _ algorithm: String, with key: MaterialReference
    ) async throws(KMSError) -> SecretBytes {
        try await backend.decryptRSA(ciphertext, algorithm, with: key)
    }

    func deriveSharedSecret(with point: [UInt8], key: MaterialReference) async throws(KMSError) -> SecretBytes {
        try await backend.deriveSharedSecret(with: point, key: key)
    }

    func generateRandom(_ count: Int) async throws(KMSError) -> SecretBytes {
        try await backend.generateRandom(count)
    }

    func checkHealth() async throws(KMSError) {
        try await backend.checkHealth()
    }
}
