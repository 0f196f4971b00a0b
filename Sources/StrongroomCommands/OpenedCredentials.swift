import KMSCore
import KMSServer
import SecureMemory
import SigV4

/// The access keys of the store, opened once at the start.
struct OpenedCredentials: CredentialDirectory {
    private let callers: [String: Caller]

    init(_ vault: CredentialVault) async throws(KMSError) {
        var callers: [String: Caller] = [:]
        try await vault.openAll { opened in
            let credential = opened.secret.withExposedBytes { secret in
                SigningCredential(accessKeyID: opened.accessKey.id, secretAccessKey: secret)
            }
            callers[opened.accessKey.id] = Caller(principal: opened.accessKey.principal, credential: credential)
        }
        self.callers = callers
    }

    func caller(withAccessKey id: String) -> Caller? { callers[id] }
}
