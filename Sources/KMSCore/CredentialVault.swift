package import SecureMemory
import Synchronization

/// Makes the secrets of credentials and seals them under a key in the token, so that a stolen database gives no access.
/// What is made here is saved by whoever asked for it.
package final class CredentialVault: Sendable {
    private let backend: any KeyBackend
    private let metadata: any MetadataStore
    private let sealingKey: Mutex<MaterialReference?>
    /// The sealing key is made by one at a time.
    private let making = SerialGate()

    /// - Parameter sealingKey: The system key for credentials, where it is known already.
    package init(backend: any KeyBackend, metadata: any MetadataStore, sealingKey: MaterialReference? = nil) {
        self.backend = backend
        self.metadata = metadata
        self.sealingKey = Mutex(sealingKey)
    }

    /// To be called once with what is stored, if the sealing key was not given.
    package func start(_ image: MetadataImage) {
        // One without a check value was never made.
        sealingKey.withLock { $0 = image.systemKeys[.credentials].flatMap { $0.checkValue.isEmpty ? nil : $0 } }
    }

    /// An access key with its secret in the clear.
    package struct Opened: ~Copyable, Sendable {
        package let accessKey: AccessKey
        package let secret: SecretBytes

        package consuming func takeSecret() -> SecretBytes { secret }
    }

    /// Makes an access key for `principal`, and the sealing key if there is none yet.
    package func newAccessKey(for principal: Principal, at now: Timestamp) async throws(KMSError) -> Opened {
        let new = try await newCredentials(prefix: "AKIA", tokenCount: 0)
        let sealed = try await seal(new.secret, to: .accessKey(new.id, principal))
        let accessKey = AccessKey(
            id: new.id, principal: principal, sealedSecret: sealed, isActive: true, creationDate: now)
        return Opened(accessKey: accessKey, secret: new.secret)
    }

    /// The secret of an access key.
    package func open(_ key: AccessKey) async throws(KMSError) -> SecretBytes {
        try await open(key.sealedSecret, of: .accessKey(key.id, key.principal))
    }

    /// The access key as `principal`'s, whose ARN has changed. Its secret does not leave the backend.
    package func move(_ key: AccessKey, to principal: Principal) async throws(KMSError) -> AccessKey {
        let sealing = try await currentKey()
        var moved = key
        moved.principal = principal
        moved.sealedSecret = try await backend.reEncrypt(
            key.sealedSecret, authenticating: Binding.accessKey(key.id, key.principal).bytes, with: sealing,
            authenticating: Binding.accessKey(key.id, principal).bytes, with: sealing)
        return moved
    }

    package func seal(
        _ secret: borrowing SecretBytes, to binding: Binding
    ) async throws(KMSError) -> SealedBytes {
        try await backend.encrypt(secret, authenticating: binding.bytes, with: currentKey())
    }

    /// Throws `invalidCiphertext` if it was sealed to something else.
    package func open(_ sealed: SealedBytes, of binding: Binding) async throws(KMSError) -> SecretBytes {
        try await backend.decrypt(sealed, authenticating: binding.bytes, with: currentKey())
    }

    /// `count` random bytes, in the clear and sealed.
    package func newSecret(_ count: Int, sealedTo binding: Binding) async throws(KMSError) -> DataKey {
        try await backend.generateDataKey(count, authenticating: binding.bytes, with: currentKey())
    }

    private func currentKey() async throws(KMSError) -> MaterialReference {
        if let known = sealingKey.withLock({ $0 }) { return known }
        return try await making.run { () async throws(KMSError) in
            if let known = sealingKey.withLock({ $0 }) { return known }
            let made = try await SystemKeys(backend: backend, metadata: metadata).key(for: .credentials)
            sealingKey.withLock { $0 = made }
            return made
        }
    }
}

extension CredentialVault {
    /// What a sealed secret is bound to, so that no row can be given another's secret, or its secret another owner.
    package struct Binding: Sendable {
        let bytes: [UInt8]

        /// - Parameters:
        ///   - purpose: With a number that changes when its parts do.
        ///   - parts: Each with its length before it, so that none runs into the next.
        package init(_ purpose: String, _ parts: [String]) {
            bytes = parts.reduce(into: Array(purpose.utf8)) { bytes, part in
                bytes += UInt32(part.utf8.count).bigEndianBytes
                bytes += part.utf8
            }
        }

        static func accessKey(_ id: String, _ principal: Principal) -> Binding {
            Binding("strongroom access key 1", [id, principal.account.description, principal.arn])
        }
    }

    /// An id, a secret access key and perhaps a session token.
    package struct NewCredentials: ~Copyable, Sendable {
        /// Four letters and 16 characters of base32, as AWS's are.
        package let id: String
        /// 40 characters out of 64 if no other number was asked for: 240 bits.
        package let secret: SecretBytes
        /// Characters of the same 64.
        package let token: SecretBytes

        /// The secret and the token.
        package consuming func take<R>(_ body: (consuming SecretBytes, consuming SecretBytes) -> R) -> R {
            body(secret, token)
        }
    }

    /// Makes credentials out of the token's generator, in one trip to it.
    package func newCredentials(
        prefix: String, secretCount: Int = 40, tokenCount: Int = 0
    ) async throws(KMSError) -> NewCredentials {
        let random = try await backend.generateRandom(16 + secretCount + tokenCount)
        return random.withExposedBytes { bytes in
            let base32 = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".utf8)
            let id = (0..<16).map { base32[Int(unsafe bytes.unsafeLoad(fromByteOffset: $0, as: UInt8.self)) & 31] }
            return NewCredentials(
                id: prefix + String(decoding: id, as: UTF8.self),
                secret: Self.characters(secretCount, from: bytes, at: 16),
                token: Self.characters(tokenCount, from: bytes, at: 16 + secretCount))
        }
    }

    /// One of 64 characters for each byte of `random`.
    private static func characters(_ count: Int, from random: RawSpan, at start: Int) -> SecretBytes {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        return SecretBytes(count: count) { (text: inout MutableRawSpan) in
            for offset in 0..<count {
                let value = unsafe random.unsafeLoad(fromByteOffset: start + offset, as: UInt8.self)
                text.storeBytes(of: alphabet[Int(value) & 63], toByteOffset: offset, as: UInt8.self)
            }
        }
    }
}
