/// The public part of another token's wrapping key, which a token is to trust.
public struct TrustedKey: Codable, Hashable, Sendable {
    /// The object's label, for people with pkcs11-tool.
    package var label: String
    /// DER SubjectPublicKeyInfo of an RSA key.
    package var publicKey: [UInt8]

    package init(label: String, publicKey: [UInt8]) {
        self.label = label
        self.publicKey = publicKey
    }
}
