package import KMSCore
internal import Synchronization

/// A token in memory, with real cryptography, that a test can make fail. It passes ``KeyBackendContract`` until it is
/// told to.
package final class InMemoryKeyBackend: KeyBackend {
    package enum Operation: Hashable, Sendable, CaseIterable {
        case checkSupport, generateKey, generateMovableKey, wrapKey, unwrapKey, generateWrappingKey, importKey,
            identify, destroyKey, forgetKey, verifyKey,
            inventory
        case encrypt, decrypt, reEncrypt, generateDataKey, generateDataKeyWithoutPlaintext, generateDataKeyPair
        case sign, generateMAC, decryptRSA, deriveSharedSecret, generateRandom, checkHealth
    }

    /// Asked at the start of every operation: the error that it is to end in, or nil.
    package typealias Fault = @Sendable (Operation) -> KMSError?

    private struct State {
        var keys: [ObjectID: SoftwareKey] = [:]
        var fault: Fault?
        var delay = Duration.zero
        var calls: [Operation: Int] = [:]
        var place = KeyMaterial.Import.Place.token
        var newScheme = SealingScheme.aesGCM
    }

    private let state = Mutex(State())
    let supply = RSAPairSupply()

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

    /// Where imports say from now on that their wrapping was opened.
    package func setPlace(_ place: KeyMaterial.Import.Place) {
        state.withLock { $0.place = place }
    }

    /// How symmetric keys seal that are made from now on.
    package func setNewScheme(_ scheme: SealingScheme) {
        state.withLock { $0.newScheme = scheme }
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

    // MARK: For the operations, which are in files of their own

    func begin(_ operation: Operation) async throws(KMSError) {
        let (fault, delay) = state.withLock { state in
            state.calls[operation, default: 0] += 1
            return (state.fault, state.delay)
        }
        if delay > .zero { try? await Task.sleep(for: delay) }
        if let error = fault?(operation) { throw error }
    }

    func key(_ reference: MaterialReference) throws(KMSError) -> SoftwareKey {
        guard let key = state.withLock({ $0.keys[reference.object] }), key.checkValue == reference.checkValue
        else { throw KMSError(.materialMissing, "The HSM does not show the key material.") }
        return key
    }

    func add(_ key: SoftwareKey, as id: ObjectID) throws(KMSError) {
        let isNew = state.withLock { state in
            guard state.keys[id] == nil else { return false }
            state.keys[id] = key
            return true
        }
        guard isNew else { throw KMSError(.internalFailure, "The HSM refused the operation.", cause: "\(id) is taken") }
    }

    var objects: Set<ObjectID> { state.withLock { Set($0.keys.keys) } }

    var place: KeyMaterial.Import.Place { state.withLock { $0.place } }

    var newScheme: SealingScheme { state.withLock { $0.newScheme } }
}
