import KMSCore
import KMSTesting
import SecureMemory
import Synchronization
import Testing

@testable import XKSCore

/// Stores on a backend and metadata in memory, and an operator of their account.
struct Rig {
    let backend = InMemoryKeyBackend()
    let metadata = InMemoryMetadataStore()
    let clock = TestClock()
    let audit = InMemoryAuditSink()
    let keys: KeyStore
    let stores: XKSStores
    let scope: Scope

    init() async throws {
        let account = try #require(AccountID("111122223333"))
        let region = try #require(Region("eu-central-1"))
        scope = Scope(account: account, region: region)
        let journal = Journal(metadata: metadata, clock: clock, sink: audit, events: NoEvents())
        keys = KeyStore(
            backend: backend, journal: journal, principals: EveryPrincipal(),
            quotas: RequestQuotas(.unlimited, clock: clock), events: NoKeyEvents())
        try await keys.start(reading: metadata)
        stores = XKSStores(keys: keys, backend: backend, journal: journal, metadata: metadata)
        try await stores.start(try await metadata.load())
    }

    /// The same stores as another process finds them.
    func restarted() async throws -> (keys: KeyStore, stores: XKSStores) {
        let journal = Journal(metadata: metadata, clock: clock, sink: audit, events: NoEvents())
        let keys = KeyStore(
            backend: backend, journal: journal, principals: EveryPrincipal(),
            quotas: RequestQuotas(.unlimited, clock: clock), events: NoKeyEvents())
        let image = try await metadata.load()
        keys.start(image)
        let stores = XKSStores(keys: keys, backend: backend, journal: journal, metadata: metadata)
        try await stores.start(image)
        return (keys, stores)
    }

    func context(_ name: String = "operator", account: String = "111122223333") -> CallContext {
        guard let account = AccountID(account) else { fatalError("12 digits") }
        return CallContext(
            principal: Principal(account: account, arn: "arn:aws:iam::\(account):user/\(name)"), region: scope.region)
    }

    @discardableResult
    func store(_ prefix: String = "acme") async throws -> String {
        try await stores.createStore(prefix, requestsPerSecond: nil, by: context()).credential.id
    }

    @discardableResult
    func key(
        _ id: String = "one", of prefix: String = "acme", uses: Set<KeyExposure.Use> = [.encrypt, .decrypt]
    ) async throws -> XKSKeyDescription {
        try await stores.createKey(id, of: prefix, from: .new, uses: uses, description: "", by: context())
    }

    func exposed(
        _ id: String = "one", of prefix: String = "acme", for operation: XKSOperation = .encrypt,
        _ metadata: XKSRequestMetadata = .sample
    ) throws -> ExposedKey {
        let entry = try #require(stores.table.withLock { $0.stores[prefix] })
        return try stores.resolve(id, of: entry, for: operation, metadata) { _ in }
    }

    func encrypt(
        _ text: String, under key: ExposedKey, aad: [UInt8] = [], withIntegrityValue: Bool = false
    ) async throws -> XKSStores.Encrypted {
        let plaintext = SecretBytes(copying: Array(text.utf8))
        return try await stores.encrypt(
            plaintext, under: key, authenticating: aad, withIntegrityValue: withIntegrityValue, requestID: "r")
    }

    func decrypt(_ ciphertext: XKSCiphertext, under key: ExposedKey, aad: [UInt8] = []) async throws -> String {
        let plaintext = try await stores.decrypt(ciphertext, under: key, authenticating: aad, requestID: "r")
        return plaintext.withExposedBytes { bytes in
            unsafe bytes.withUnsafeBytes { unsafe String(decoding: $0, as: UTF8.self) }
        }
    }
}

extension XKSRequestMetadata {
    static var sample: XKSRequestMetadata {
        var metadata = XKSRequestMetadata()
        metadata.awsPrincipalARN = "arn:aws:iam::123456789012:user/alice"
        metadata.kmsKeyARN = "arn:aws:kms:eu-central-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
        metadata.kmsOperation = "Encrypt"
        metadata.kmsRequestID = "4112f4d6-db54-4af4-ae30-c55a22a8dfae"
        return metadata
    }
}

/// Expects an error of the domain by its code.
func expect(
    _ code: KMSError.Code, sourceLocation: SourceLocation = #_sourceLocation, _ body: () async throws -> Void
) async {
    let error = await #expect(throws: KMSError.self, sourceLocation: sourceLocation) { try await body() }
    #expect(error?.code == code, sourceLocation: sourceLocation)
}
