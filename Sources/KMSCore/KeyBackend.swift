import LibCrypto
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

/// What a symmetric key sealed. How, is a matter of that key: see ``KeyBackend/sealingScheme(of:)``.
public struct SealedBytes: Hashable, Sendable {
    /// No scheme makes less.
    public static let minimumSize = SealingScheme.aesGCM.overhead

    public let bytes: [UInt8]

    /// Nil when there is not even room for IV and tag.
    public init?(_ bytes: [UInt8]) {
        guard bytes.count >= Self.minimumSize else { return nil }
        self.bytes = bytes
    }
}

/// What was sealed, and was opened again before anybody was told of it.
public struct ConfirmedSealing: Sendable {
    public let sealed: SealedBytes
    /// SHA-256 over what it was asked to begin with and the sealed bytes.
    public let digest: [UInt8]

    public init(sealed: SealedBytes, digest: [UInt8]) {
        self.sealed = sealed
        self.digest = digest
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

/// What is told of a key that was just made.
public struct GeneratedKey: Hashable, Sendable {
    public let checkValue: [UInt8]
    /// DER SubjectPublicKeyInfo of a key pair; empty for secret keys.
    public let publicKey: [UInt8]

    public init(checkValue: [UInt8], publicKey: [UInt8] = []) {
        self.checkValue = checkValue
        self.publicKey = publicKey
    }
}

/// Key material that somebody wrapped under the public part of a wrapping key.
public struct WrappedMaterial: Hashable, Sendable {
    public let wrappingKey: MaterialReference
    /// AlgorithmSpec as AWS KMS names it, for example RSA_AES_KEY_WRAP_SHA_256.
    public let algorithm: String
    public let bytes: [UInt8]

    public init(wrappingKey: MaterialReference, algorithm: String, bytes: [UInt8]) {
        self.wrappingKey = wrappingKey
        self.algorithm = algorithm
        self.bytes = bytes
    }
}

/// What is told of a key that was just imported.
public struct ImportedKey: Hashable, Sendable {
    public let key: GeneratedKey
    public let place: KeyMaterial.Import.Place

    public init(key: GeneratedKey, place: KeyMaterial.Import.Place) {
        self.key = key
        self.place = place
    }
}

/// A fresh data key pair.
public struct DataKeyPair: ~Copyable, Sendable {
    /// DER SubjectPublicKeyInfo.
    public let publicKey: [UInt8]
    /// DER PKCS#8 PrivateKeyInfo (RFC 5208), sealed.
    public let sealedPrivateKey: SealedBytes
    /// The same in the clear, where it was asked for.
    public let privateKey: SecretBytes?

    public init(publicKey: [UInt8], sealedPrivateKey: SealedBytes, privateKey: consuming SecretBytes?) {
        self.publicKey = publicKey
        self.sealedPrivateKey = sealedPrivateKey
        self.privateKey = privateKey
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
/// - `incorrectKeyMaterial`: what was imported is not of the wanted kind, or not the material that was expected.
public protocol KeyBackend: Sendable {
    /// Throws `unsupported` where the backend cannot hold or use keys of `spec`, naming the mechanism that it lacks; with
    /// `imported`, keys whose material comes from outside.
    func checkSupport(of spec: KeySpec, for usage: KeyUsage, imported: Bool) async throws(KMSError)

    /// How the symmetric key seals: told by its check value alone, so that the token need not be there. Any of another
    /// kind, or that was never made, is `aesGCM`.
    func sealingScheme(of key: MaterialReference) -> SealingScheme

    /// What names the object of a key that was in the token before and stays its owner's; nil of all others. Told by the
    /// check value alone.
    func adoptedObject(of key: MaterialReference) -> [UInt8]?

    /// Finds the one AES-256 key of that label, which can encrypt and decrypt, and answers what finds it again as `id`.
    /// The object is left as it is; nothing ever destroys it. Throws `notFound` where there is none, and `validation`
    /// where there are several, or it is no such key.
    func adoptKey(labelled label: String, as id: ObjectID) async throws(KMSError) -> GeneratedKey

    /// Makes the object `id` of `spec`, not extractable, that can be used for `usage` and for nothing else.
    ///
    /// `id` is recorded by the caller beforehand. An object of that id that is already there is an error.
    func generateKey(_ spec: KeySpec, for usage: KeyUsage, id: ObjectID) async throws(KMSError) -> GeneratedKey

    /// As ``generateKey(_:for:id:)``: a key that ``wrapKey(_:under:_:)`` can wrap, for another backend. Its check value
    /// tells it.
    func generateMovableKey(_ spec: KeySpec, for usage: KeyUsage, id: ObjectID) async throws(KMSError) -> GeneratedKey

    /// Wraps a movable key under the public part (DER SubjectPublicKeyInfo) of another backend's wrapping key, by an
    /// AlgorithmSpec such as RSAES_OAEP_SHA_256. Any other key is refused.
    func wrapKey(
        _ key: MaterialReference, under publicKey: [UInt8], _ algorithm: String
    ) async throws(KMSError) -> [UInt8]

    /// Unwraps what ``wrapKey(_:under:_:)`` of another backend wrapped into the object `id`, which is movable again. Has to
    /// be the same key as the other's `source`: throws `incorrectKeyMaterial`, and leaves no object, when it is not. The
    /// key is never in the clear outside the backend: `unsupported` where it would have to be.
    func unwrapKey(
        _ material: WrappedMaterial, as id: ObjectID, matching source: MaterialReference, of spec: KeySpec,
        for usage: KeyUsage
    ) async throws(KMSError) -> GeneratedKey

    /// As ``generateKey(_:for:id:)``: an RSA key pair that unwraps what is to be imported, and does nothing else.
    func generateWrappingKey(_ spec: KeySpec, id: ObjectID) async throws(KMSError) -> GeneratedKey

    /// Unwraps `material` into the object `id`, not extractable. With `checkValue`, which an object of the same id had
    /// before, it has to be the same material. Throws `incorrectKeyMaterial`, and leaves no object, when it is not,
    /// or is no material of `spec`; `invalidCiphertext` when it does not unwrap.
    func importKey(
        _ material: WrappedMaterial, of spec: KeySpec, for usage: KeyUsage, id: ObjectID, expecting checkValue: [UInt8]?
    ) async throws(KMSError) -> ImportedKey

    /// Which of `candidates` `material` is, whether their objects are there or not; nil for none. Leaves no object.
    func identify(
        _ material: WrappedMaterial, of spec: KeySpec, for usage: KeyUsage, among candidates: [MaterialReference]
    ) async throws(KMSError) -> Int?

    /// Destroys the object `id`. To find none is success: that is how a retry after a crash ends.
    func destroyKey(_ id: ObjectID) async throws(KMSError)

    /// Gives up what is held in memory of the object `id` (handles, session copies), which stays in the token.
    func forgetKey(_ id: ObjectID) async throws(KMSError)

    /// Looks the object up anew and compares its check value; for `doctor` and after a fault.
    func verifyKey(_ key: MaterialReference) async throws(KMSError)

    /// The ids of all objects in the token that this kind of backend may have made.
    func inventory() async throws(KMSError) -> Set<ObjectID>

    /// Those of the inventory that count as there: of several tokens, what enough of them show. Nothing is destroyed
    /// unless all keys that are to stay are among them.
    func establishedObjects() async throws(KMSError) -> Set<ObjectID>

    func encrypt(
        _ plaintext: borrowing SecretBytes, authenticating aad: [UInt8], with key: MaterialReference
    ) async throws(KMSError) -> SealedBytes

    func decrypt(
        _ sealed: SealedBytes, authenticating aad: [UInt8], with key: MaterialReference
    ) async throws(KMSError) -> SecretBytes

    /// Encrypts, digests what it made, and decrypts that again, in this order: what befalls the bytes before they are
    /// digested shows in the decryption, and what does later in the digest. Throws `invalidCiphertext` where it does not
    /// open to the plaintext.
    func encryptConfirmed(
        _ plaintext: borrowing SecretBytes, authenticating aad: [UInt8], digesting prefix: [UInt8],
        with key: MaterialReference
    ) async throws(KMSError) -> ConfirmedSealing

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

    /// Makes a key pair of `spec`, to be kept by its owner, and seals its private part under `key`. The private part is
    /// given out in the clear only where `showingPrivateKey`.
    func generateDataKeyPair(
        _ spec: KeySpec, authenticating aad: [UInt8], with key: MaterialReference, showingPrivateKey: Bool
    ) async throws(KMSError) -> DataKeyPair

    /// Signs. `input` is the digest that belongs to the algorithm, or the message for one that has none
    /// (``SigningAlgorithm/digest``). ECDSA signatures come as DER ECDSA-Sig-Value (RFC 3279, section 2.2.3).
    func sign(_ input: [UInt8], _ algorithm: String, with key: MaterialReference) async throws(KMSError) -> [UInt8]

    /// The whole MAC of `message` with an algorithm such as HMAC_SHA_256.
    func generateMAC(
        of message: borrowing SecretBytes, _ algorithm: String, with key: MaterialReference
    ) async throws(KMSError) -> [UInt8]

    /// Decrypts with an RSA private key, by RSAES_OAEP_SHA_1 or RSAES_OAEP_SHA_256.
    func decryptRSA(
        _ ciphertext: [UInt8], _ algorithm: String, with key: MaterialReference
    ) async throws(KMSError) -> SecretBytes

    /// ECDH: the x-coordinate of the shared point (SP 800-56A, section 5.7.1.2). `point` is the other's public point,
    /// uncompressed, and known to be on the key's curve.
    func deriveSharedSecret(with point: [UInt8], key: MaterialReference) async throws(KMSError) -> SecretBytes

    /// `count` bytes (1 to 1,024) from the backend's generator.
    func generateRandom(_ count: Int) async throws(KMSError) -> SecretBytes

    /// Throws unless the backend could serve a request now; for readiness.
    func checkHealth() async throws(KMSError)
}

extension KeyBackend {
    /// One that adopts nothing has adopted nothing.
    public func adoptedObject(of key: MaterialReference) -> [UInt8]? { nil }

    public func adoptKey(labelled label: String, as id: ObjectID) async throws(KMSError) -> GeneratedKey {
        throw KMSError(.unsupported, "This key store does not take keys that are in its token already.")
    }

    /// In two trips.
    public func encryptConfirmed(
        _ plaintext: borrowing SecretBytes, authenticating aad: [UInt8], digesting prefix: [UInt8],
        with key: MaterialReference
    ) async throws(KMSError) -> ConfirmedSealing {
        let sealed = try await encrypt(plaintext, authenticating: aad, with: key)
        let digest = Digest.sha256.hash(prefix + sealed.bytes)
        let opened = try await decrypt(sealed, authenticating: aad, with: key)
        guard opened.isEqual(to: plaintext) else { throw .invalidCiphertext }
        return ConfirmedSealing(sealed: sealed, digest: digest)
    }

    /// Of one token: all.
    public func establishedObjects() async throws(KMSError) -> Set<ObjectID> { try await inventory() }
}
