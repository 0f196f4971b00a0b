internal import Crypto
internal import FoundationEssentials
package import KMSCore
package import SecureMemory
internal import Synchronization

/// A token in memory, with real AES-GCM, that a test can make fail. It passes ``KeyBackendContract`` until it is told to.
package final class InMemoryKeyBackend: KeyBackend {
    package enum Operation: Hashable, Sendable, CaseIterable {
        case generateKey, destroyKey, forgetKey, verifyKey, inventory, encrypt, decrypt, reEncrypt
        case generateDataKey, generateDataKeyWithoutPlaintext, generateRandom, checkHealth
    }

    /// Asked at the start of every operation: the error that it is to end in, or nil.
    package typealias Fault = @Sendable (Operation) -> KMSError?

    private struct State {
        var keys: [ObjectID: SymmetricKey] = [:]
        var fault: Fault?
        var delay = Duration.zero
        var calls: [Operation: Int] = [:]
    }

    private let state = Mutex(State())

    package init() {}

    // MARK: What a test does to it

    /// Sets what fails from now on; nil heals.
    package func setFault(_ fault: Fault?) {
        state.withLock { $0.fault = fault }
    }

    /// Lets every operation take this long from now on.
    package func setDelay(_ delay: Duration) {
        state.withLock { $0.delay = delay }
    }

    /// The object is gone, as when the token's storage was damaged.
    package func lose(_ id: ObjectID) {
        state.withLock { _ = $0.keys.removeValue(forKey: id) }
    }

    /// Each of the two ids now names the other's key.
    package func swap(_ a: ObjectID, _ b: ObjectID) {
        state.withLock { state in
            let key = state.keys[a]
            state.keys[a] = state.keys[b]
            state.keys[b] = key
        }
    }

    /// How often `operation` was called.
    package func calls(of operation: Operation) -> Int {
        state.withLock { $0.calls[operation, default: 0] }
    }

    private func begin(_ operation: Operation) async throws(KMSError) {
        let (fault, delay) = state.withLock { state in
            state.calls[operation, default: 0] += 1
            return (state.fault, state.delay)
        }
        if delay > .zero { try? await Task.sleep(for: delay) }
        if let error = fault?(operation) { throw error }
    }

    // MARK: Keys

    private static let checkText = Array("check value".utf8)

    private func key(_ reference: MaterialReference) throws(KMSError) -> SymmetricKey {
        guard let key = state.withLock({ $0.keys[reference.object] }),
            let sealed = SealedBytes(reference.checkValue),
            (try? Self.open(sealed, reference.object.bytes, key)) == Self.checkText
        else { throw KMSError(.materialMissing, "The HSM does not show the key material.") }
        return key
    }

    package func generateKey(_ spec: KeySpec, id: ObjectID) async throws(KMSError) -> [UInt8] {
        try await begin(.generateKey)
        guard spec == .symmetricDefault else { throw KMSError(.unsupported, "no keys of spec \(spec.rawValue)") }
        let key = SymmetricKey(size: .bits256)
        let isNew = state.withLock { state in
            guard state.keys[id] == nil else { return false }
            state.keys[id] = key
            return true
        }
        guard isNew else { throw KMSError(.internalFailure, "The HSM refused the operation.", cause: "\(id) is taken") }
        return try Self.seal(Self.checkText, id.bytes, key).bytes
    }

    package func destroyKey(_ id: ObjectID) async throws(KMSError) {
        try await begin(.destroyKey)
        lose(id)
    }

    package func forgetKey(_ id: ObjectID) async throws(KMSError) {
        try await begin(.forgetKey)
    }

    package func verifyKey(_ key: MaterialReference) async throws(KMSError) {
        try await begin(.verifyKey)
        _ = try self.key(key)
    }

    package func inventory() async throws(KMSError) -> Set<ObjectID> {
        try await begin(.inventory)
        return state.withLock { Set($0.keys.keys) }
    }

    // MARK: Ciphers

    private static func seal(
        _ plaintext: [UInt8], _ aad: [UInt8], _ key: SymmetricKey
    ) throws(KMSError) -> SealedBytes {
        guard let box = try? AES.GCM.seal(plaintext, using: key, authenticating: aad),
            let sealed = box.combined.flatMap({ SealedBytes(Array($0)) })
        else { throw KMSError(.internalFailure, "AES-GCM failed") }
        return sealed
    }

    private static func open(_ sealed: SealedBytes, _ aad: [UInt8], _ key: SymmetricKey) throws(KMSError) -> [UInt8] {
        guard let box = try? AES.GCM.SealedBox(combined: sealed.bytes),
            let plaintext = try? AES.GCM.open(box, using: key, authenticating: aad)
        else { throw .invalidCiphertext }
        return Array(plaintext)
    }

    package func encrypt(
        _ plaintext: borrowing SecretBytes, authenticating aad: [UInt8], with key: MaterialReference
    ) async throws(KMSError) -> SealedBytes {
        let bytes = plaintext.exposedArray
        try await begin(.encrypt)
        return try Self.seal(bytes, aad, self.key(key))
    }

    package func decrypt(
        _ sealed: SealedBytes, authenticating aad: [UInt8], with key: MaterialReference
    ) async throws(KMSError) -> SecretBytes {
        try await begin(.decrypt)
        return SecretBytes(copying: try Self.open(sealed, aad, self.key(key)))
    }

    package func reEncrypt(
        _ sealed: SealedBytes, authenticating sourceAAD: [UInt8], with source: MaterialReference,
        authenticating destinationAAD: [UInt8], with destination: MaterialReference
    ) async throws(KMSError) -> SealedBytes {
        try await begin(.reEncrypt)
        let plaintext = try Self.open(sealed, sourceAAD, key(source))
        return try Self.seal(plaintext, destinationAAD, key(destination))
    }

    package func generateDataKey(
        _ count: Int, authenticating aad: [UInt8], with key: MaterialReference
    ) async throws(KMSError) -> DataKey {
        try await begin(.generateDataKey)
        let bytes = [UInt8].random(count)
        return DataKey(plaintext: SecretBytes(copying: bytes), sealed: try Self.seal(bytes, aad, self.key(key)))
    }

    package func generateDataKeyWithoutPlaintext(
        _ count: Int, authenticating aad: [UInt8], with key: MaterialReference
    ) async throws(KMSError) -> SealedBytes {
        try await begin(.generateDataKeyWithoutPlaintext)
        return try Self.seal(.random(count), aad, self.key(key))
    }

    package func generateRandom(_ count: Int) async throws(KMSError) -> SecretBytes {
        try await begin(.generateRandom)
        return SecretBytes(copying: .random(count))
    }

    package func checkHealth() async throws(KMSError) {
        try await begin(.checkHealth)
    }
}
