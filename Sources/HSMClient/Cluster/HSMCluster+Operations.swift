package import KMSCore
package import SecureMemory

// What one member does as well as any other.
extension HSMCluster {
    package func sealingScheme(of key: MaterialReference) -> SealingScheme {
        members[0].backend.sealingScheme(of: key)
    }

    package func adoptedObject(of key: MaterialReference) -> [UInt8]? {
        members[0].backend.adoptedObject(of: key)
    }

    /// What one member shows under the label, the others have to show too, sooner or later.
    package func adoptKey(labelled label: String, as id: ObjectID) async throws(KMSError) -> GeneratedKey {
        try await onAny { (member) async throws(KMSError) in try await member.adoptKey(labelled: label, as: id) }
    }

    package func encrypt(
        _ plaintext: borrowing SecretBytes, authenticating aad: [UInt8], with key: MaterialReference
    ) async throws(KMSError) -> SealedBytes {
        try await onAny(key) { (member) async throws(KMSError) in
            try await member.encrypt(plaintext, authenticating: aad, with: key)
        }
    }

    package func encryptConfirmed(
        _ plaintext: borrowing SecretBytes, authenticating aad: [UInt8], digesting prefix: [UInt8],
        with key: MaterialReference
    ) async throws(KMSError) -> ConfirmedSealing {
        try await onAny(key) { (member) async throws(KMSError) in
            try await member.encryptConfirmed(plaintext, authenticating: aad, digesting: prefix, with: key)
        }
    }

    package func decrypt(
        _ sealed: SealedBytes, authenticating aad: [UInt8], with key: MaterialReference
    ) async throws(KMSError) -> SecretBytes {
        try await onAny(key) { (member) async throws(KMSError) in
            try await member.decrypt(sealed, authenticating: aad, with: key)
        }
    }

    package func reEncrypt(
        _ sealed: SealedBytes, authenticating sourceAAD: [UInt8], with source: MaterialReference,
        authenticating destinationAAD: [UInt8], with destination: MaterialReference
    ) async throws(KMSError) -> SealedBytes {
        try await onAny(source, destination) { (member) async throws(KMSError) in
            try await member.reEncrypt(
                sealed, authenticating: sourceAAD, with: source, authenticating: destinationAAD, with: destination)
        }
    }

    package func generateDataKey(
        _ count: Int, authenticating aad: [UInt8], with key: MaterialReference
    ) async throws(KMSError) -> DataKey {
        try await onAny(key) { (member) async throws(KMSError) in
            try await member.generateDataKey(count, authenticating: aad, with: key)
        }
    }

    package func generateDataKeyWithoutPlaintext(
        _ count: Int, authenticating aad: [UInt8], with key: MaterialReference
    ) async throws(KMSError) -> SealedBytes {
        try await onAny(key) { (member) async throws(KMSError) in
            try await member.generateDataKeyWithoutPlaintext(count, authenticating: aad, with: key)
        }
    }

    package func generateDataKeyPair(
        _ spec: KeySpec, authenticating aad: [UInt8], with key: MaterialReference, showingPrivateKey: Bool
    ) async throws(KMSError) -> DataKeyPair {
        try await onAny(key, isSlow: true) { (member) async throws(KMSError) in
            try await member.generateDataKeyPair(
                spec, authenticating: aad, with: key, showingPrivateKey: showingPrivateKey)
        }
    }

    package func sign(
        _ input: [UInt8], _ algorithm: String, with key: MaterialReference
    ) async throws(KMSError) -> [UInt8] {
        try await onAny(key) { (member) async throws(KMSError) in
            try await member.sign(input, algorithm, with: key)
        }
    }

    package func generateMAC(
        of message: borrowing SecretBytes, _ algorithm: String, with key: MaterialReference
    ) async throws(KMSError) -> [UInt8] {
        try await onAny(key) { (member) async throws(KMSError) in
            try await member.generateMAC(of: message, algorithm, with: key)
        }
    }

    package func decryptRSA(
        _ ciphertext: [UInt8], _ algorithm: String, with key: MaterialReference
    ) async throws(KMSError) -> SecretBytes {
        try await onAny(key) { (member) async throws(KMSError) in
            try await member.decryptRSA(ciphertext, algorithm, with: key)
        }
    }

    package func deriveSharedSecret(
        with point: [UInt8], key: MaterialReference
    ) async throws(KMSError) -> SecretBytes {
        try await onAny(key) { (member) async throws(KMSError) in
            try await member.deriveSharedSecret(with: point, key: key)
        }
    }

    package func generateRandom(_ count: Int) async throws(KMSError) -> SecretBytes {
        try await onAny { (member) async throws(KMSError) in try await member.generateRandom(count) }
    }

    package func checkHealth() async throws(KMSError) {
        try await onAny { (member) async throws(KMSError) in try await member.checkHealth() }
    }

    package func wrapKey(
        _ key: MaterialReference, under publicKey: [UInt8], _ algorithm: String
    ) async throws(KMSError) -> [UInt8] {
        try await onAny(key, isSlow: true) { (member) async throws(KMSError) in
            try await member.wrapKey(key, under: publicKey, algorithm)
        }
    }

    package func identify(
        _ material: WrappedMaterial, of spec: KeySpec, for usage: KeyUsage, among candidates: [MaterialReference]
    ) async throws(KMSError) -> Int? {
        try await onAny(material.wrappingKey, isSlow: true) { (member) async throws(KMSError) in
            try await member.identify(material, of: spec, for: usage, among: candidates)
        }
    }
}
