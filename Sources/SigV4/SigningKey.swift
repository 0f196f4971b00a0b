import Crypto
import FoundationEssentials

/// The key that signs all requests of one scope, with its two padded blocks already hashed: a signature then takes the
/// blocks of the message only. swift-crypto wipes both hash states when the last copy goes.
struct SigningKey: Sendable {
    private let keyed: HMAC<SHA256>

    /// Derives the key as AWS specifies: HMACs chained over day, Region, service and terminator.
    ///
    /// - Parameter prefixedSecret: The secret access key with `AWS4` before it.
    init(prefixedSecret: SymmetricKey, scope: CredentialScope) {
        var key = prefixedSecret
        for part in [scope.day, scope.region, scope.service, CredentialScope.terminator] {
            key = SymmetricKey(data: HMAC<SHA256>.authenticationCode(for: Array(part.utf8), using: key))
        }
        keyed = HMAC(key: key)
    }

    func signature(of stringToSign: [UInt8]) -> HMAC<SHA256>.MAC {
        var authenticator = keyed
        authenticator.update(data: stringToSign)
        return authenticator.finalize()
    }

    /// Compares in a time that does not depend on where the two differ.
    func isValid(_ signature: [UInt8], of stringToSign: [UInt8]) -> Bool {
        self.signature(of: stringToSign) == signature
    }
}
