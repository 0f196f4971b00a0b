public import SecureMemory

/// The name of one object in a token, chosen by us before the object is made: 16 random bytes, its PKCS#11 id attribute.
public struct ObjectID: Hashable, Sendable {
    public let high: UInt64
    public let low: UInt64

    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// A new id from the system's cryptographic generator.
    public static func random() -> ObjectID {
        var generator = SystemRandomNumberGenerator()
        return ObjectID(high: generator.next(), low: generator.next())
    }

    public init?(bytes: some Collection<UInt8>) {
        guard bytes.count == 16 else { return nil }
        high = UInt64(bigEndianBytes: bytes.prefix(8))
        low = UInt64(bigEndianBytes: bytes.suffix(8))
    }

    public var bytes: [UInt8] { high.bigEndianBytes + low.bigEndianBytes }
}

extension ObjectID: CustomStringConvertible {
    public var description: String { Hexadecimal.encode(bytes) }
}

/// What finds a key's secret again and proves that it is the same one. Opaque above the backend.
public struct MaterialReference: Hashable, Sendable {
    public let object: ObjectID
    /// A known answer that was made with the key at its creation; the backend checks it before a first use.
    public let checkValue: [UInt8]

    public init(object: ObjectID, checkValue: [UInt8]) {
        self.object = object
        self.checkValue = checkValue
    }
}

/// What AES-GCM made: `IV (12 bytes) | ciphertext | tag (16 bytes)`, in this order.
public struct SealedBytes: Hashable, Sendable {
    /// How many bytes a sealing adds to its plaintext.
    public static let overhead = 28

    public let bytes: [UInt8]

    /// Nil when there is not even room for IV and tag.
    public init?(_ bytes: [UInt8]) {
        guard bytes.count >= Self.overhead else { return nil }
        self.bytes = bytes
    }
}

/// A fresh data key: in the clear, and sealed.
public struct DataKey: ~Copyable, Sendable {
    public let plaintext: SecretBytes
    public let sealed: SealedBytes

    public init(plaintext: consuming SecretBytes, sealed: SealedBytes) {
        self.plaintext = plaintext
        self.sealed = sealed
    }
}

/// Where key material lives, and the only thing that can use it. One call is one whole operation.
///
/// Every implementation passes `KeyBackendContract` in KMSTesting. All errors are ``KMSError``:
/// - `invalidCiphertext`: the ciphertext, its context or its key is not what was sealed. Never a fault of the backend.
/// - `keyUnavailable`: the backend is down. Retryable.
/// - `materialMissing`: the backend works, but the object is missing or is not the one that was made.
/// - `dependencyTimeout`: no answer within the deadline. The operation may or may not have been done.
/// - `throttled`: too much is in flight; nothing was done.
/// - `unsupported`: the token lacks a mechanism, which the message names.
public protocol KeyBackend: Sendable {
    /// Makes the object `id` of `spec`, not extractable, and answers its check value.
    ///
    /// `id` is recorded by the caller beforehand. An object of that id that is already there is an error.
    func generateKey(_ spec: KeySpec, id: ObjectID) async throws(KMSError) -> [UInt8]

    /// Destroys the object `id`. To find none is success: that is how a retry after a crash ends.
    func destroyKey(_ id: ObjectID) async throws(KMSError)

    /// Gives up what is held in memory of the object `id` (handles, session copies), which stays in the token.
    func forgetKey(_ id: ObjectID) async throws(KMSError)

    /// Looks the object up anew and compares its check value; for `doctor` and after a fault.
    func verifyKey(_ key: MaterialReference) async throws(KMSError)

    /// The ids of all objects in the token that this kind of backend may have made.
    func inventory() async throws(KMSError) -> Set<ObjectID>

    func encrypt(
        _ plaintext: borrowing SecretBytes, authenticating aad: [UInt8], with key: MaterialReference
    ) async throws(KMSError) -> SealedBytes

    func decrypt(
        _ sealed: SealedBytes, authenticating aad: [UInt8], with key: MaterialReference
    ) async throws(KMSError) -> SecretBytes

    /// Decrypts and encrypts anew without the plaintext leaving the backend.
    func reEncrypt(
        _ sealed: SealedBytes, authenticating sourceAAD: [UInt8], with source: MaterialReference,
        authenticating destinationAAD: [UInt8], with destination: MaterialReference
    ) async throws(KMSError) -> SealedBytes

    /// Makes `count` random bytes (1 to 1,024) and seals them, in one trip.
    func generateDataKey(
        _ count: Int, authenticating aad: [UInt8], with key: MaterialReference
    ) async throws(KMSError) -> DataKey

    /// As ``generateDataKey(_:authenticating:with:)``, but the plaintext never leaves the backend.
    func generateDataKeyWithoutPlaintext(
        _ count: Int, authenticating aad: [UInt8], with key: MaterialReference
    ) async throws(KMSError) -> SealedBytes

    /// `count` bytes (1 to 1,024) from the backend's generator.
    func generateRandom(_ count: Int) async throws(KMSError) -> SecretBytes

    /// Throws unless the backend could serve a request now; for readiness.
    func checkHealth() async throws(KMSError)
}
