package import SecureMemory

/// Seals the passwords of custom key stores, and what requests to XKS proxies are signed with, under a key in the server's
/// own token, so that a stolen database opens nobody's token.
package struct KeyStorePasswords: Sendable {
    private let backend: any KeyBackend
    private let sealingKey: MaterialReference

    /// - Parameters:
    ///   - backend: The server's own token.
    ///   - sealingKey: The system key ``SystemKeyPurpose/keyStorePasswords``.
    package init(backend: any KeyBackend, sealingKey: MaterialReference) {
        self.backend = backend
        self.sealingKey = sealingKey
    }

    func seal(
        _ password: borrowing SecretBytes, of id: CustomKeyStoreID, in scope: Scope
    ) async throws(KMSError) -> SealedBytes {
        try await backend.encrypt(password, authenticating: Self.binding(id, scope), with: sealingKey)
    }

    /// The password or secret access key of a key store. To be given to what reaches it, and to nobody else.
    package func open(_ store: CustomKeyStore) async throws(KMSError) -> SecretBytes {
        let sealed =
            switch store.backing {
            case .cloudHSM(let backing): backing.sealedPassword
            case .xksProxy(let backing): backing.sealedSecret
            }
        return try await backend.decrypt(sealed, authenticating: Self.binding(store.id, store.scope), with: sealingKey)
    }

    /// What a password is bound to, so that no row can be given another's.
    private static func binding(_ id: CustomKeyStoreID, _ scope: Scope) -> [UInt8] {
        CredentialVault.Binding(
            "strongroom key store password 1", [id.description, scope.account.description, scope.region.description]
        ).bytes
    }
}

extension CloudHSMBacking {
    /// Tells one password from the next: the first bytes of its sealing, which are an IV that no other has, and nothing
    /// of the password.
    package var passwordName: String { Hexadecimal.encode(sealedPassword.bytes.prefix(12)) }
}
