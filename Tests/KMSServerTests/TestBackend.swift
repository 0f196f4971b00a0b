import Crypto
import FoundationEssentials
import KMSCore
import SecureMemory
import Synchronization

/// A backend in memory that can be told to fail.
final class TestBackend: KeyBackend {
    private let keys = Mutex<[ObjectID: SymmetricKey]>([:])
    private let fault = Mutex<KMSError?>(nil)
    private let checks = Atomic(0)
    private let pause = Mutex(Duration.zero)

    /// How often the backend was asked for its health.
    var healthChecks: Int { checks.load(ordering: .relaxed) }

    /// What every call but a health check's count ends in, until it is nil again.
    func fail(with error: KMSError?) {
        fault.withLock { $0 = error }
    }

    /// How long an encryption takes from now on.
    func slowDown(to time: Duration) {
        pause.withLock { $0 = time }
    }

    private func failIfTold() throws(KMSError) {
        if let error = fault.withLock({ $0 }) { throw error }
    }

    private func key(_ id: ObjectID) throws(KMSError) -> SymmetricKey {
        try failIfTold()
        guard let key = keys.withLock({ $0[id] }) else { throw KMSError(.materialMissing, "") }
        return key
    }

    func generateKey(_ spec: KeySpec, id: ObjectID) async throws(KMSError) -> [UInt8] {
        try failIfTold()
        keys.withLock { $0[id] = SymmetricKey(size: .bits256) }
        return [1, 2, 3]
    }

    func destroyKey(_ id: ObjectID) async throws(KMSError) {
        try failIfTold()
        keys.withLock { _ = $0.removeValue(forKey: id) }
    }

    func forgetKey(_: ObjectID) async throws(KMSError) {}

    func verifyKey(_ key: MaterialReference) async throws(KMSError) {
        _ = try self.key(key.object)
    }

    func inventory() async throws(KMSError) -> Set<ObjectID> {
        Set(keys.withLock { $0.keys })
    }

    func encrypt(
        _ plaintext: borrowing SecretBytes, authenticating aad: [UInt8], with key: MaterialReference
    ) async throws(KMSError) -> SealedBytes {
        let bytes = plaintext.withExposedBytes { Array($0) }
        let pause = pause.withLock { $0 }
        if pause > .zero { try? await Task.sleep(for: pause) }
        return try seal(bytes, aad, key)
    }

    private func seal(_ bytes: [UInt8], _ aad: [UInt8], _ key: MaterialReference) throws(KMSError) -> SealedBytes {
        let key = try self.key(key.object)
        guard let box = try? AES.GCM.seal(bytes, using: key, authenticating: aad).combined,
            let sealed = SealedBytes(Array(box))
        else { throw KMSError(.internalFailure, "not sealed") }
        return sealed
    }

    private func open(_ sealed: SealedBytes, _ aad: [UInt8], _ key: MaterialReference) throws(KMSError) -> [UInt8] {
        let key = try self.key(key.object)
        guard let box = try? AES.GCM.SealedBox(combined: sealed.bytes),
            let bytes = try? AES.GCM.open(box, using: key, authenticating: aad)
        else { throw .invalidCiphertext }
        return Array(bytes)
    }

    func decrypt(
        _ sealed: SealedBytes, authenticating aad: [UInt8], with key: MaterialReference
    ) async throws(KMSError) -> SecretBytes {
        SecretBytes(copying: try open(sealed, aad, key))
    }

    func reEncrypt(
        _ sealed: SealedBytes, authenticating sourceAAD: [UInt8], with source: MaterialReference,
        authenticating destinationAAD: [UInt8], with destination: MaterialReference
    ) async throws(KMSError) -> SealedBytes {
        try seal(open(sealed, sourceAAD, source), destinationAAD, destination)
    }

    func generateDataKey(
        _ count: Int, authenticating aad: [UInt8], with key: MaterialReference
    ) async throws(KMSError) -> DataKey {
        let bytes = random(count)
        return DataKey(plaintext: SecretBytes(copying: bytes), sealed: try seal(bytes, aad, key))
    }

    func generateDataKeyWithoutPlaintext(
        _ count: Int, authenticating aad: [UInt8], with key: MaterialReference
    ) async throws(KMSError) -> SealedBytes {
        try seal(random(count), aad, key)
    }

    func generateRandom(_ count: Int) async throws(KMSError) -> SecretBytes {
        try failIfTold()
        return SecretBytes(copying: random(count))
    }

    private func random(_ count: Int) -> [UInt8] {
        (0..<count).map { _ in .random(in: 0...255) }
    }

    func checkHealth() async throws(KMSError) {
        checks.wrappingAdd(1, ordering: .relaxed)
        try failIfTold()
    }
}

extension [UInt8] {
    init(_ bytes: RawSpan) {
        self = (0..<bytes.byteCount).map { unsafe bytes.unsafeLoad(fromByteOffset: $0, as: UInt8.self) }
    }
}
