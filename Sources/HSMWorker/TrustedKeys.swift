import HSMWorkerProtocol
import LibCrypto
import PKCS11
import SecureMemory

/// The public keys that a token trusts. Under them alone it wraps keys with ``AttributeType/wrapWithTrusted``.
enum TrustedKeys {
    /// Has the token's security officer, whose PIN the settings name, trust `keys`. Answers how many were not trusted yet.
    static func make(_ keys: [TrustedKey], _ settings: WorkerSettings) throws -> Int {
        let pin = try settings.pinSource.read()
        let slot = try TokenURI(settings.tokenURI).select(in: Token.module(settings))
        let session = try Session(on: slot)
        // One attempt: what is wrong with the PIN is the operator's to find out.
        do {
            try session.login(.securityOfficer, pin: pin)
        } catch {
            throw OperatorError("the security officer cannot log in: \(error)")
        }
        var count = 0
        for key in keys {
            guard let publicKey = try? PublicKey(subjectPublicKeyInfo: key.publicKey),
                let modulus = publicKey.rsaModulus,
                let exponent = publicKey.rsaPublicExponent
            else { throw OperatorError("\(key.label) is no RSA public key") }
            guard try find(modulus, in: session) == nil else { continue }
            let object = try session.createObject([
                Attribute(.objectClass, ObjectClass.publicKey.rawValue), Attribute(.keyType, KeyType.rsa.rawValue),
                Attribute(.token, true), Attribute(.private, false), Attribute(.label, key.label),
                Attribute(.modulus, modulus), Attribute(.publicExponent, exponent), Attribute(.wrap, true),
                Attribute(.trusted, true),
            ])
            guard try find(modulus, in: session) != nil else {
                try? session.destroyObject(object)
                throw OperatorError("the token did not keep that it trusts \(key.label)")
            }
            count += 1
        }
        return count
    }

    /// The token's object of an RSA public key, if it is trusted.
    static func find(_ modulus: [UInt8], in session: borrowing Session) throws(PKCS11Error) -> ObjectHandle? {
        let found = try session.findObjects([
            Attribute(.objectClass, ObjectClass.publicKey.rawValue), Attribute(.modulus, modulus),
        ])
        for object in found where try session.attributes([.trusted], of: object)[.trusted]?.flag == true {
            return object
        }
        return nil
    }
}
