import KMSCore
import SecureMemory
import SigV4

extension CredentialVault.Binding {
    /// - Parameter issuer: The unique id of the identity, or the account's id.
    static func session(_ id: String, issuer: String, _ arn: String) -> Self {
        Self("strongroom session 1", [id, issuer, arn])
    }

    static func device(_ serialNumber: String) -> Self {
        Self("strongroom mfa device 1", [serialNumber])
    }
}

extension CredentialVault {
    /// How many secrets the token is asked to open at once.
    private static let openingWidth = 8

    /// What requests with these access keys, and in these sessions, are signed with. An access key that does not open
    /// is a fault that somebody has to look at. A session that does not is left out: it ends by itself.
    func credentials(
        of accessKeys: [AccessKey], _ sessions: [Session]
    ) async throws(KMSError) -> [SigningCredential] {
        let sealed = accessKeys.map(Sealed.accessKey) + sessions.map(Sealed.session)
        let results = await withTaskGroup(of: Result<SigningCredential?, KMSError>.self) { group in
            var results: [Result<SigningCredential?, KMSError>] = []
            for (index, item) in sealed.enumerated() {
                if index >= Self.openingWidth, let result = await group.next() { results.append(result) }
                // Nobody waits for the rest once the start has failed.
                if case .failure = results.last { break }
                group.addTask { await self.credential(of: item) }
            }
            for await result in group { results.append(result) }
            return results
        }
        var credentials: [SigningCredential] = []
        for result in results {
            if let credential = try result.get() { credentials.append(credential) }
        }
        return credentials
    }

    func credential(of key: AccessKey) async throws(KMSError) -> SigningCredential {
        do {
            let secret = try await open(key)
            return secret.withExposedBytes { SigningCredential(accessKeyID: key.id, secretAccessKey: $0) }
        } catch  where error.code == .invalidCiphertext {
            throw KMSError(
                .internalFailure,
                "The secret of the access key \(key.id) is not one that was sealed for its principal.",
                cause: "the access key's row was changed behind the server's back, or the key that seals it was")
        }
    }

    private enum Sealed: Sendable {
        case accessKey(AccessKey)
        case session(Session)
    }

    private func credential(of sealed: Sealed) async -> Result<SigningCredential?, KMSError> {
        do {
            switch sealed {
            case .accessKey(let key): return .success(try await credential(of: key))
            case .session(let session): return .success(try await credential(of: session))
            }
        } catch {
            return .failure(error)
        }
    }

    private func credential(of session: Session) async throws(KMSError) -> SigningCredential? {
        do {
            let secrets = try await open(
                session.sealedSecret, of: .session(session.id, issuer: session.issuerID, session.arn))
            return SessionSecrets.credential(session.id, secrets)
        } catch  where error.code == .invalidCiphertext {
            return nil
        }
    }
}

/// A session's secrets as they are sealed: the secret access key, and behind it the session token.
enum SessionSecrets {
    static let secretCount = 40
    /// 768 random bits as 128 characters.
    static let tokenCount = 128

    static func joined(_ secret: borrowing SecretBytes, _ token: borrowing SecretBytes) -> SecretBytes {
        SecretBytes(count: secret.count + token.count) { (both: inout MutableRawSpan) in
            secret.withExposedBytes { both.copyBytes(from: $0) }
            token.withExposedBytes { both.copyBytes(from: $0, at: secret.count) }
        }
    }

    /// Nil if these are no session's secrets.
    static func credential(_ id: String, _ joined: borrowing SecretBytes) -> SigningCredential? {
        guard joined.count == secretCount + tokenCount else { return nil }
        return joined.withExposedBytes { bytes in
            let token = bytes.extracting(secretCount..<bytes.byteCount)
            return SigningCredential(
                accessKeyID: id, secretAccessKey: bytes.extracting(0..<secretCount),
                sessionToken: unsafe token.withUnsafeBytes { unsafe String(decoding: $0, as: UTF8.self) })
        }
    }
}
