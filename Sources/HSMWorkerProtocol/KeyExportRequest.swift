/// A key of any PKCS#11 token, which ``WorkerSettings/tokenURI`` names with its object (RFC 7512), to be wrapped there
/// for an import elsewhere.
public struct KeyExportRequest: Codable, Hashable, Sendable {
    /// DER SubjectPublicKeyInfo of the RSA wrapping key.
    package var publicKey: [UInt8]
    /// AlgorithmSpec as AWS KMS names it, for example RSA_AES_KEY_WRAP_SHA_256.
    package var algorithm: String

    package init(publicKey: [UInt8], algorithm: String) {
        self.publicKey = publicKey
        self.algorithm = algorithm
    }
}

/// Why a key was not wrapped, for whoever asked for it.
package struct KeyExportFailure: Error, Codable, Hashable, Sendable {
    package var description: String
    /// What to do about it, where that is known.
    package var hint: String?
    /// The algorithms by which the token does wrap the key: it has just done so.
    package var alternatives: [String]

    package init(_ description: String, hint: String? = nil, alternatives: [String] = []) {
        self.description = description
        self.hint = hint
        self.alternatives = alternatives
    }
}

/// The wrapped key, and what its token tells of it. There is no secret in it.
package struct ExportedKey: Codable, Hashable, Sendable {
    /// EncryptedKeyMaterial as ImportKeyMaterial takes it.
    package var wrapped: [UInt8]
    /// `secret-key` or `private`, as RFC 7512 names them.
    package var objectClass: String
    /// The standard's name without its prefix, for example AES, GENERIC_SECRET, RSA or EC.
    package var keyType: String
    /// Of a secret, an RSA modulus or a curve's field; nil where the token does not tell.
    package var sizeInBits: Int?
    /// p256, p384, p521 or secp256k1; nil for all else.
    package var curve: String?
    package var label: String
    /// The token's label.
    package var token: String
    /// The names of the mechanisms that wrapped it.
    package var mechanisms: [String]

    package init(
        wrapped: [UInt8], objectClass: String, keyType: String, sizeInBits: Int?, curve: String?, label: String,
        token: String, mechanisms: [String]
    ) {
        self.wrapped = wrapped
        self.objectClass = objectClass
        self.keyType = keyType
        self.sizeInBits = sizeInBits
        self.curve = curve
        self.label = label
        self.token = token
        self.mechanisms = mechanisms
    }
}
