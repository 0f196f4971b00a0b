package import SecureMemory

/// Access keys in the store and out of it: their secrets are sealed under a key in the token, so that a stolen
/// database gives no access.
package struct CredentialVault: Sendable {
    private let backend: any KeyBackend
    private let metadata: any MetadataStore

    package init(backend: any KeyBackend, metadata: any MetadataStore) {
        self.backend = backend
        self.metadata = metadata
    }

    /// An access key with its secret in the clear.
    package struct Opened: ~Copyable, Sendable {
        package let accessKey: AccessKey
        package let secret: SecretBytes
    }

    /// Makes an access key for `principal`, and the sealing key if there is none yet.
    package func create(for principal: Principal, at now: Timestamp) async throws(KMSError) -> Opened {
        let sealingKey = try await SystemKeys(backend: backend, metadata: metadata).key(for: .credentials)
        let id = try await newAccessKeyID()
        let secret = try await newSecret()
        let sealed = try await backend.encrypt(
            secret, authenticating: Self.authenticatedData(id, principal), with: sealingKey
        )
        let accessKey = AccessKey(
            id: id, principal: principal, sealedSecret: sealed, isActive: true, creationDate: now
        )
        try await metadata.commit([.saveAccessKey(accessKey)])
        return Opened(accessKey: accessKey, secret: secret)
    }

    /// Opens the secret of every active access key and hands it to `body`.
    package func openAll(_ body: (consuming Opened) -> Void) async throws(KMSError) {
        let image = try await metadata.load()
        let active = image.accessKeys.filter(\.isActive)
        guard !active.isEmpty else { return }
        guard let sealingKey = image.systemKeys[.credentials] else {
            throw KMSError(.internalFailure, "The store has access keys, but no key that they are sealed with.")
        }
        for accessKey in active {
            let aad = Self.authenticatedData(accessKey.id, accessKey.principal)
            let secret = try await backend.decrypt(accessKey.sealedSecret, authenticating: aad, with: sealingKey)
            body(Opened(accessKey: accessKey, secret: secret))
        }
    }

    /// What a sealed secret is bound to, so that no row can be given another's secret or principal.
    private static func authenticatedData(_ id: String, _ principal: Principal) -> [UInt8] {
        var data = Array("strongroom access key 1".utf8)
        for text in [id, principal.account.description, principal.arn] {
            data += UInt32(text.utf8.count).bigEndianBytes
            data += text.utf8
        }
        return data
    }

    /// AKIA and 16 characters of base32, as AWS's are.
    private func newAccessKeyID() async throws(KMSError) -> String {
        let random = try await backend.generateRandom(16)
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".utf8)
        let characters = random.withExposedBytes { bytes in
            (0..<16).map { alphabet[Int(unsafe bytes.unsafeLoad(fromByteOffset: $0, as: UInt8.self)) & 31] }
        }
        return "AKIA" + String(decoding: characters, as: UTF8.self)
    }

    /// 40 characters out of 64: 240 bits, from the token's generator.
    private func newSecret() async throws(KMSError) -> SecretBytes {
        let random = try await backend.generateRandom(40)
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        return random.withExposedBytes { bytes in
            SecretBytes(count: 40) { (secret: inout MutableRawSpan) in
                for offset in 0..<40 {
                    let value = unsafe bytes.unsafeLoad(fromByteOffset: offset, as: UInt8.self)
                    secret.storeBytes(of: alphabet[Int(value) & 63], toByteOffset: offset, as: UInt8.self)
                }
            }
        }
    }
}
