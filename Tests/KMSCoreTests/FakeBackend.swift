import Crypto
import FoundationEssentials
import KMSCore
import KMSTesting
import SecureMemory
import Synchronization

/// A token in memory that loses objects, fails before or after it has done its work, and uses the secrets and IVs that
/// it is told to. Until then it passes ``KeyBackendContract``.
final class FakeBackend: KeyBackend {
    enum Call: String, CaseIterable, Sendable {
        case generateKey, destroyKey, forgetKey, verifyKey, inventory, encrypt, decrypt, reEncrypt
        case generateDataKey, generateDataKeyWithoutPlaintext, generateRandom, checkHealth
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
        var secrets: [ObjectID: [UInt8]] = [:]
        var hidden: Set<ObjectID> = []
        var faults: [Fault] = []
        var calls: [Call] = []
        var forgotten: [ObjectID] = []
        var ivs: [[UInt8]] = []
    }

    private let state = Mutex(State())

    // MARK: What a test does to it

    /// All objects, hidden or not: what is really in the token.
    var objects: Set<ObjectID> { state.withLock { Set($0.secrets.keys) } }

    var calls: [Call] { state.withLock { $0.calls } }
    var forgotten: [ObjectID] { state.withLock { $0.forgotten } }

    func clearCalls() { state.withLock { $0.calls = [] } }

    /// Makes the next such call fail, or with `isLasting` all of them until ``heal()``.
    func fail(_ call: Call, _ moment: Moment = .before, with error: KMSError, isLasting: Bool = false) {
        state.withLock { $0.faults.append(Fault(call: call, moment: moment, error: error, isLasting: isLasting)) }
    }

    /// Ends all faults, and shows what was hidden.
    func heal() {
        state.withLock {
            $0.faults = []
            $0.hidden = []
        }
    }

    /// The object is there, but the token does not show it: a folder that was moved away, a partition not attached.
    func hide(_ ids: some Sequence<ObjectID>) {
        state.withLock { $0.hidden.formUnion(ids) }
    }

    /// Puts a secret of the test's own in; answers its check value.
    @discardableResult
    func plant(_ secret: [UInt8], as id: ObjectID) -> [UInt8] {
        state.withLock { $0.secrets[id] = secret }
        return Self.checkValue(of: secret)
    }

    /// The IV of the next encryption.
    func useNext(iv: [UInt8]) {
        state.withLock { $0.ivs.append(iv) }
    }

    // MARK: KeyBackend

    func generateKey(_ spec: KeySpec, id: ObjectID) async throws(KMSError) -> [UInt8] {
        try await run(.generateKey) { () throws(KMSError) in
            guard spec == .symmetricDefault else { throw KMSError(.unsupported, "no keys of spec \(spec.rawValue)") }
            let secret = Self.random(32)
            let isNew = state.withLock { state in
                if state.secrets[id] == nil { state.secrets[id] = secret }
                return state.secrets[id] == secret
            }
            guard isNew else { throw KMSError(.internalFailure, "the token already has an object \(id)") }
            return Self.checkValue(of: secret)
        }
    }

    func destroyKey(_ id: ObjectID) async throws(KMSError) {
        try await run(.destroyKey) { () throws(KMSError) in
            // What is hidden cannot be destroyed either: as if it were not there, that is success.
            state.withLock { if !$0.hidden.contains(id) { $0.secrets[id] = nil } }
        }
    }

    func forgetKey(_ id: ObjectID) async throws(KMSError) {
        try await run(.forgetKey) { () throws(KMSError) in state.withLock { $0.forgotten.append(id) } }
    }

    func verifyKey(_ key: MaterialReference) async throws(KMSError) {
        try await run(.verifyKey) { () throws(KMSError) in _ = try secret(key) }
    }

    func inventory() async throws(KMSError) -> Set<ObjectID> {
        try await run(.inventory) { () throws(KMSError) in
            state.withLock { Set($0.secrets.keys).subtracting($0.hidden) }
        }
    }

    func encrypt(
        _ plaintext: borrowing SecretBytes, authenticating aad: [UInt8], with key: MaterialReference
    ) async throws(KMSError) -> SealedBytes {
        let bytes = plaintext.exposedArray
        return try await run(.encrypt) { () throws(KMSError) in try seal(bytes, aad, key) }
    }

    func decrypt(
        _ sealed: SealedBytes, authenticating aad: [UInt8], with key: MaterialReference
    ) async throws(KMSError) -> SecretBytes {
        let bytes = try await run(.decrypt) { () throws(KMSError) in try open(sealed, aad, key) }
        return SecretBytes(copying: bytes)
    }

    func reEncrypt(
        _ sealed: SealedBytes, authenticating sourceAAD: [UInt8], with source: MaterialReference,
        authenticating destinationAAD: [UInt8], with destination: MaterialReference
    ) async throws(KMSError) -> SealedBytes {
        try await run(.reEncrypt) { () throws(KMSError) in
            try seal(open(sealed, sourceAAD, source), destinationAAD, destination)
        }
    }

    func generateDataKey(
        _ count: Int, authenticating aad: [UInt8], with key: MaterialReference
    ) async throws(KMSError) -> DataKey {
        let bytes = Self.random(count)
        let sealed = try await run(.generateDataKey) { () throws(KMSError) in try seal(bytes, aad, key) }
        return DataKey(plaintext: SecretBytes(copying: bytes), sealed: sealed)
    }

    func generateDataKeyWithoutPlaintext(
        _ count: Int, authenticating aad: [UInt8], with key: MaterialReference
    ) async throws(KMSError) -> SealedBytes {
        try await run(.generateDataKeyWithoutPlaintext) { () throws(KMSError) in
            try seal(Self.random(count), aad, key)
        }
    }

    func generateRandom(_ count: Int) async throws(KMSError) -> SecretBytes {
        SecretBytes(copying: try await run(.generateRandom) { () throws(KMSError) in Self.random(count) })
    }

    func checkHealth() async throws(KMSError) {
        try await run(.checkHealth) { () throws(KMSError) in }
    }

    // MARK: How

    private func run<T>(_ call: Call, _ body: () throws(KMSError) -> T) async throws(KMSError) -> T {
        state.withLock { $0.calls.append(call) }
        // Others get their turn here, as they would during a real call.
        await Task.yield()
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

    /// The secret, if it is there and the one that was made.
    private func secret(_ key: MaterialReference) throws(KMSError) -> SymmetricKey {
        let secret = state.withLock { $0.hidden.contains(key.object) ? nil : $0.secrets[key.object] }
        guard let secret else {
            throw KMSError(.materialMissing, "not shown", cause: "no object \(key.object)")
        }
        guard Self.checkValue(of: secret) == key.checkValue else {
            throw KMSError(.materialMissing, "not shown", cause: "the check value of \(key.object) differs")
        }
        return SymmetricKey(data: secret)
    }

    private func seal(_ bytes: [UInt8], _ aad: [UInt8], _ key: MaterialReference) throws(KMSError) -> SealedBytes {
        let key = try secret(key)
        let iv = state.withLock { $0.ivs.isEmpty ? Self.random(12) : $0.ivs.removeFirst() }
        guard let nonce = try? AES.GCM.Nonce(data: iv),
            let box = try? AES.GCM.seal(bytes, using: key, nonce: nonce, authenticating: aad),
            let combined = box.combined, let sealed = SealedBytes(Array(combined))
        else { throw KMSError(.internalFailure, "not sealed") }
        return sealed
    }

    private func open(_ sealed: SealedBytes, _ aad: [UInt8], _ key: MaterialReference) throws(KMSError) -> [UInt8] {
        let key = try secret(key)
        guard let box = try? AES.GCM.SealedBox(combined: sealed.bytes),
            let bytes = try? AES.GCM.open(box, using: key, authenticating: aad)
        else { throw .invalidCiphertext }
        return Array(bytes)
    }

    private static func checkValue(of secret: [UInt8]) -> [UInt8] {
        Array(SHA256.hash(data: secret).prefix(8))
    }

    private static func random(_ count: Int) -> [UInt8] {
        (0..<count).map { _ in .random(in: 0...255) }
    }
}
