package import KMSCore
package import SecureMemory
import SigV4
import Synchronization

/// A new credential: its secret is told this once.
package final class IssuedXKSCredential: Sendable {
    package let id: String
    package let secret: SecretBytes
    package let creationDate: Timestamp

    init(id: String, secret: consuming SecretBytes, creationDate: Timestamp) {
        self.id = id
        self.secret = secret
        self.creationDate = creationDate
    }
}

extension XKSStores {
    /// As many as it takes to replace one while the other is in use, and some to spare.
    package static let maximumCredentials = 10

    /// 288 bits: at least 256 are asked for (XKS Proxy API, section 2.5).
    private static let secretCount = 48

    package func createCredential(of prefix: String, by context: CallContext) async throws(KMSError)
        -> IssuedXKSCredential
    {
        try authorize("CreateXKSCredential", on: prefix, by: context)
        return try await changes.run { () async throws(KMSError) in
            _ = try store(prefix, of: context)
            guard table.withLock({ $0.credentials(of: prefix) }).count < Self.maximumCredentials else {
                throw KMSError(
                    .limitExceeded,
                    "The XKS store '\(prefix)' has \(Self.maximumCredentials) credentials. Remove one that is not used."
                )
            }
            let made = try await newCredential(of: prefix)
            try await journal.commit([.saveXKSCredential(made.stored)], by: context)
            table.withLock { $0.save(made.stored, made.signing) }
            return made.issued
        }
    }

    package func listCredentials(of prefix: String, by context: CallContext) throws(KMSError) -> [XKSCredential] {
        try authorize("ListXKSCredentials", on: prefix, by: context)
        _ = try store(prefix, of: context)
        return table.withLock { $0.credentials(of: prefix) }
    }

    /// From then on no request that is signed with it is taken.
    package func deleteCredential(
        _ id: String, of prefix: String, by context: CallContext
    ) async throws(KMSError) {
        try authorize("DeleteXKSCredential", on: prefix, by: context)
        try await changes.run { () async throws(KMSError) in
            _ = try store(prefix, of: context)
            guard table.withLock({ $0.credential(id) })?.prefix == prefix else {
                throw KMSError(.notFound, "The XKS store '\(prefix)' has no credential \(id.prefix(64)).")
            }
            try await journal.commit([.removeXKSCredential(id: id)], by: context)
            table.withLock { $0.removeCredential(id) }
        }
    }

    struct NewCredential: Sendable {
        let stored: XKSCredential
        let signing: SigningCredential
        let issued: IssuedXKSCredential
    }

    /// One that nobody knows yet.
    func newCredential(of prefix: String) async throws(KMSError) -> NewCredential {
        let new = try await vault.newCredentials(prefix: "XKSP", secretCount: Self.secretCount)
        let id = new.id
        let sealed = try await vault.seal(new.secret, to: .xksCredential(id, prefix))
        let signing = new.secret.withExposedBytes { SigningCredential(accessKeyID: id, secretAccessKey: $0) }
        let now = clock.now
        return new.take { secret, _ in
            NewCredential(
                stored: XKSCredential(id: id, prefix: prefix, sealedSecret: sealed, creationDate: now),
                signing: signing,
                issued: IssuedXKSCredential(id: id, secret: secret, creationDate: now))
        }
    }
}
