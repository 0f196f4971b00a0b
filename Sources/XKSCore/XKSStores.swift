package import KMSCore
import SecureMemory
import SigV4
import Synchronization

/// The use cases of the XKS proxy: what its operators and its callers ask for.
///
/// A store is a path with credentials, keys, a quota and perhaps a policy of its own. Its keys are keys of the key store
/// that were made for it. All of it is in memory; a change is in the ``MetadataStore``, with the record of the call
/// that made it, before it is seen, and holds from the next request on.
package final class XKSStores: Sendable {
    let keys: KeyStore
    let vault: CredentialVault
    let journal: Journal
    package let clock: any KMSClock
    /// One change at a time.
    let changes = SerialGate()
    let table = Mutex(XKSTable())

    package init(keys: KeyStore, backend: any KeyBackend, journal: Journal, metadata: any MetadataStore) {
        self.keys = keys
        self.journal = journal
        vault = CredentialVault(backend: backend, metadata: metadata)
        clock = journal.clock
    }

    /// Takes in what is stored, and opens the credentials' secrets. To be called once, before any request; where there
    /// are any the token has to be there.
    package func start(_ image: MetadataImage) async throws(KMSError) {
        vault.start(image)
        table.withLock { table in
            for store in image.xksStores { table.save(store) }
        }
        for credential in image.xksCredentials {
            let signing = try await open(credential)
            table.withLock { $0.save(credential, signing) }
        }
    }

    /// Who signs with this access key: nil for one that is unknown. Asked on every request: it waits for nothing.
    package func caller(withAccessKey id: String) -> XKSCaller? {
        table.withLock { $0.caller(withAccessKey: id) }
    }

    package func hasStore(_ prefix: String) -> Bool {
        table.withLock { $0.stores[prefix] != nil }
    }

    private func open(_ credential: XKSCredential) async throws(KMSError) -> SigningCredential {
        do {
            let secret = try await vault.open(
                credential.sealedSecret, of: .xksCredential(credential.id, credential.prefix))
            return secret.withExposedBytes { SigningCredential(accessKeyID: credential.id, secretAccessKey: $0) }
        } catch  where error.code == .invalidCiphertext {
            throw KMSError(
                .internalFailure,
                "The secret of the XKS credential \(credential.id) is not one that was sealed for its store.",
                cause: "the credential's row was changed behind the server's back, or the key that seals it was")
        }
    }
}

extension CredentialVault.Binding {
    static func xksCredential(_ id: String, _ prefix: String) -> Self {
        Self("strongroom xks credential 1", [id, prefix])
    }
}
