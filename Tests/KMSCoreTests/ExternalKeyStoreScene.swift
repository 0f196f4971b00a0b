import KMSTesting
import SecureMemory
import Testing

@testable import KMSCore

extension KeyStore {
    func newExternalStore(
        name: String = "abroad", host: String = "xks.example.com", path: String = "/kms/xks/v1",
        secret: String = "a secret", by context: CallContext = .alice
    ) async throws -> String {
        let new = NewCustomKeyStore(
            name: name, proxy: XKSProxyAddress(uriEndpoint: "https://\(host)", uriPath: path),
            accessKeyID: "ABCDEFGHIJKLMNOPQRST", secretAccessKey: SecretBytes(copying: Array(secret.utf8)))
        return try await createCustomKeyStore(new, by: context).description
    }

    /// One that is connected.
    func externalStore(
        name: String = "abroad", host: String = "xks.example.com", path: String = "/kms/xks/v1"
    ) async throws -> String {
        let id = try await newExternalStore(name: name, host: host, path: path)
        try await connectCustomKeyStore(id, by: .alice)
        try await wait(for: id, "CONNECTED")
        return id
    }

    func newKey(on externalKey: String?, in keyStore: String?) async throws -> KeyDescription {
        try await newKey {
            $0.origin = .externalKeyStore
            $0.customKeyStore = keyStore
            $0.xksKeyID = externalKey
        }
    }
}
