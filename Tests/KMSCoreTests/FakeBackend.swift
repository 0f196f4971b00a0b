import KMSCore
import KMSTesting
import SecureMemory
import Synchronization

/// A token in memory that loses objects, fails before or after it has done its work, and uses the secrets and IVs that
/// it is told to. Until then it passes ``KeyBackendContract``.
final class FakeBackend: KeyBackend {
    enum Call: String, CaseIterable, Sendable {
        case generateKey, generateWrappingKey, importKey, identify, destroyKey, forgetKey, verifyKey, inventory
        case generateMovableKey, wrapKey, unwrapKey
        case encrypt, decrypt, reEncrypt, generateDataKey, generateDataKeyWithoutPlaintext, generateDataKeyPair
        case sign, generateMAC, decryptRSA, deriveSharedSecret, generateRandom, checkHealth
    }

    /// Whether a fault strikes before anything was done, or hides that it was.
    enum Moment: CaseIterable, Sendable {
        case before, after
    }

    private struct Fault {
        let call: Call
        let moment: Moment
        let error: KMSError
        let isLasting: Bool
    }

    private struct State {
        var keys: [ObjectID: SoftwareKey] = [:]
        var hidden: Set<ObjectID> = []
        var hanging: Set<Call> = []
        var faults: [Fault] = []
        var calls: [Call] = []
        var forgotten: [ObjectID] = []
        var ivs: [[UInt8]] = []
        var place = KeyMaterial.Import.Place.token
        var newScheme = SealingScheme.aesGCM
    }

    private let state = Mutex(State())
    let supply = RSAPairSupply()

    // MARK: What a test does to it

    /// All objects, hidden or not: what is really in the token.
    var objects: Set<ObjectID> { state.withLock { Set($0.keys.keys) } }

    var calls: [Call] { state.withLock { $0.calls } }
    var forgotten: [ObjectID] { state.withLock { $0.forgotten } }

    func clearCalls() { state.withLock { $0.calls = [] } }

    /// Makes the next such call fail, or with `isLasting` all of them until ``heal()``.
    func fail(_ call: Call, _ moment: Moment = .before, with error: KMSError, isLasting: Bool = false) {
        state.withLock { $0.faults.append(Fault(call: call, moment: moment, error: error, isLasting: isLasting)) }
    }

    /// Lets such calls hang until ``heal()``.
    func hang(_ call: Call) {
        state.withLock { _ = $0.hanging.insert(call) }
    }

    /// Ends all faults, and shows what was hidden.
    func heal() {
        state.withLock {
            $0.faults = []
            $0.hidden = []
            $0.hanging = []
        }
    }

    /// The object is there, but the token does not show it: a folder that was moved away, a partition not attached.
    func hide(_ ids: some Sequence<ObjectID>) {
        state.withLock { $0.hidden.formUnion(ids) }
    }

    /// The object is gone, as when the token's storage was damaged.
    func lose(_ id: ObjectID) {
        state.withLock { $0.keys[id] = nil }
    }

    /// Puts a secret of the test's own in, with one for its MACs or alone; answers its check value.
    @discardableResult
    func plant(_ secret: [UInt8], mac: [UInt8]? = nil, as id: ObjectID) -> [UInt8] {
        let key = mac.map { SoftwareKey(aes: secret, mac: $0) } ?? SoftwareKey(aes: secret)
        state.withLock { $0.keys[id] = key }
        return key.checkValue
    }

    /// How symmetric keys seal that are made from now on.
    func setNewScheme(_ scheme: SealingScheme) {
        state.withLock { $0.newScheme = scheme }
    }

    /// The IV of the next encryption.
    func useNext(iv: [UInt8]) {
        state.withLock { $0.ivs.append(iv) }
    }

    /// Where imports say from now on that their wrapping was opened.
    func setPlace(_ place: KeyMaterial.Import.Place) {
        state.withLock { $0.place = place }
    }

    // MARK: For the operations, which are in a file of their own

    func run<T>(_ call: Call, _ body: () throws(KMSError) -> T) async throws(KMSError) -> T {
        state.withLock { $0.calls.append(call) }
        // Others get their turn here, as they would during a real call.
        await Task.yield()
        while state.withLock({ $0.hanging.contains(call) }) { try? await Task.sleep(for: .milliseconds(2)) }
        try strike(call, .before)
        let result = try body()
        try strike(call, .after)
        return result
    }

    private func strike(_ call: Call, _ moment: Moment) throws(KMSError) {
        let fault = state.withLock { state -> Fault? in
            guard let index = state.faults.firstIndex(where: { $0.call == call && $0.moment == moment }) else {
                return nil
            }
            return state.faults[index].isLasting ? state.faults[index] : state.faults.remove(at: index)
        }
        if let fault { throw fault.error }
    }

    /// The key, if it is there and the one that was made.
    func key(_ reference: MaterialReference) throws(KMSError) -> SoftwareKey {
        let key = state.withLock { $0.hidden.contains(reference.object) ? nil : $0.keys[reference.object] }
        guard let key else {
            throw KMSError(.materialMissing, "not shown", cause: "no object \(reference.object)")
        }
        guard key.checkValue == reference.checkValue else {
            throw KMSError(.materialMissing, "not shown", cause: "the check value of \(reference.object) differs")
        }
        return key
    }

    func keep(_ key: SoftwareKey, as id: ObjectID) throws(KMSError) -> GeneratedKey {
        let isNew = state.withLock { state in
            guard state.keys[id] == nil else { return false }
            state.keys[id] = key
            return true
        }
        guard isNew else { throw KMSError(.internalFailure, "the token already has an object \(id)") }
        return GeneratedKey(checkValue: key.checkValue, publicKey: key.publicKey)
    }

    /// What is hidden cannot be destroyed either: as if it were not there, that is success.
    func destroy(_ id: ObjectID) {
        state.withLock { if !$0.hidden.contains(id) { $0.keys[id] = nil } }
    }

    func forget(_ id: ObjectID) {
        state.withLock { $0.forgotten.append(id) }
    }

    var shownObjects: Set<ObjectID> {
        state.withLock { Set($0.keys.keys).subtracting($0.hidden) }
    }

    var nextIV: [UInt8]? {
        state.withLock { $0.ivs.isEmpty ? nil : $0.ivs.removeFirst() }
    }

    var place: KeyMaterial.Import.Place { state.withLock { $0.place } }

    var newScheme: SealingScheme { state.withLock { $0.newScheme } }
}
