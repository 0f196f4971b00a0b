package import KMSCore

/// Signs what proves the log. The key is where nobody who can write the log's files can use it.
package protocol DigestSigner: Sendable {
    /// DER SubjectPublicKeyInfo of a key on P-256, or of an RSA key.
    var publicKey: [UInt8] { get }

    /// ECDSA with SHA-256 over `bytes`, in DER (RFC 3279, section 2.2.3), or RSASSA-PKCS1-v1_5 with SHA-256.
    func sign(_ bytes: [UInt8]) async throws(KMSError) -> [UInt8]
}

extension SystemSigner: DigestSigner {}
