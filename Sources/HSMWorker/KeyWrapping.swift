import HSMWorkerProtocol
import LibCrypto
import PKCS11
import SecureMemory

/// Why a token does not wrap, for the operator.
struct WrappingProblem: Error, CustomStringConvertible {
    let description: String
}

/// Wraps keys of one token under an RSA public key, in that token: their plaintext is never in a host.
final class KeyWrapping {
    let token: Token
    let publicKey: PublicKey
    /// Whether the public key has to be one that the token trusts.
    private let isTrusted: Bool
    /// Its end is that of all that is made on the way.
    let session: Session

    init(_ token: Token, under publicKey: PublicKey, isTrusted: Bool = false) throws(PKCS11Error) {
        self.token = token
        self.publicKey = publicKey
        self.isTrusted = isTrusted
        session = try Session(on: token.slot)
    }

    private func has(_ mechanism: MechanismType) -> Bool { token.mechanisms.contains(mechanism) }

    /// Wraps a key of the token as AWS KMS imports it, and tells by which mechanisms.
    func wrap(_ key: ObjectHandle, by algorithm: WrappingAlgorithm) throws -> ([UInt8], [MechanismType]) {
        guard has(.rsaOAEP) else { throw WrappingProblem(description: "it has no \(MechanismType.rsaOAEP)") }
        let publicObject = try isTrusted ? findTrustedKey() : makePublicKey()
        let oaep = algorithm.hash.oaep
        let named = algorithm.hash.oaepName
        guard algorithm.hasAESKey else {
            return (try wrap(key, with: publicObject, oaep, "the key by \(named)"), [oaep.type])
        }
        let keyWrap = try keyWrapMechanism(for: key)
        let aesKey = try makeAESKey()
        // First what a token may lack, and only then the key itself.
        let block = try wrap(aesKey, with: publicObject, oaep, "a session key by \(named)")
        let material = try wrap(key, with: aesKey, Mechanism(keyWrap), "the key by \(keyWrap)")
        return (block + material, [oaep.type, keyWrap])
    }

    private func wrap(
        _ key: ObjectHandle, with wrappingKey: ObjectHandle, _ mechanism: Mechanism, _ what: String
    ) throws(WrappingProblem) -> [UInt8] {
        let room = SecureBuffer(capacity: 16_384)
        do throws(PKCS11Error) {
            try room.appendWithin { (output: inout MutableRawSpan) throws(PKCS11Error) in
                try session.wrapKey(key, with: wrappingKey, mechanism, into: &output)
            }
        } catch {
            throw WrappingProblem(description: "it does not wrap \(what): \(error)")
        }
        return room.withExposedBytes { span in unsafe span.withUnsafeBytes { unsafe Array($0) } }
    }

    // MARK: Session objects

    private func makePublicKey() throws(WrappingProblem) -> ObjectHandle {
        guard let modulus = publicKey.rsaModulus, let exponent = publicKey.rsaPublicExponent else {
            throw WrappingProblem(description: "the wrapping key is no RSA key")
        }
        let template = [
            Attribute(.objectClass, ObjectClass.publicKey.rawValue), Attribute(.keyType, KeyType.rsa.rawValue),
            Attribute(.token, false), Attribute(.modulus, modulus), Attribute(.publicExponent, exponent),
            Attribute(.wrap, true),
        ]
        do {
            return try session.createObject(template)
        } catch {
            throw WrappingProblem(description: "it does not take the wrapping key: \(error)")
        }
    }

    /// The wrapping key, as the token's security officer has put it there.
    private func findTrustedKey() throws -> ObjectHandle {
        guard let modulus = publicKey.rsaModulus, let found = try TrustedKeys.find(modulus, in: session) else {
            throw WrappingProblem(
                description: "it does not trust the wrapping key: `strongroom trust-regions` has it do so")
        }
        return found
    }

    /// The AES-256 key between RSA and the material: made in the token, and there to be wrapped, so extractable.
    private func makeAESKey() throws(WrappingProblem) -> ObjectHandle {
        let template =
            Lane.aesKeyTemplate([.wrap], extractable: true) + [Attribute(.valueLength, 32 as UInt)]
        do {
            return try session.generateKey(Mechanism(.aesKeyGeneration), template)
        } catch {
            // Some tokens do not let sensitive keys be extractable. This one lives for two calls.
            do {
                return try session.generateKey(
                    Mechanism(.aesKeyGeneration), template.setting([.sensitive], to: false))
            } catch {
                throw WrappingProblem(description: "it makes no AES key: \(error)")
            }
        }
    }

    // MARK: RFC 5649

    /// The token's mechanism of RFC 5649, found by known answers: names mean different paddings on different tokens.
    private func keyWrapMechanism(for key: ObjectHandle) throws -> MechanismType {
        var problem = "it has no \(Lane.keyWrapNames)"
        for mechanism in Lane.keyWrapMechanisms where has(mechanism) {
            do {
                // 20 bytes need padding, 24 do not.
                if try wrapsAsKnown(20, mechanism) { return mechanism }
                problem = "its \(mechanism) is not the one of RFC 5649"
                guard try wrapsAsKnown(24, mechanism) else { continue }
                // There are tokens that fill up with zeros first: what is whole blocks comes out right all the same.
                if try bearsZeros(key) { return mechanism }
                problem = "its \(mechanism) fills the key up with zeros, which would make it another key"
            } catch let error as PKCS11Error {
                problem = "its \(mechanism) does not wrap a known key: \(error)"
            }
        }
        throw WrappingProblem(description: problem)
    }

    /// Wrapping has no random part, so there is one right answer.
    private func wrapsAsKnown(_ size: Int, _ mechanism: MechanismType) throws -> Bool {
        let key = SystemRandom.bytes(32)
        let secret = SystemRandom.bytes(size)
        let right = try WrappingAlgorithm.wrap(secret, with: key)
        let wrappingKey = try session.createObject(Lane.aesKeyTemplate([.wrap]), secretValue: consume key)
        let known = try session.createObject(Lane.secretTemplate(extractable: true), secretValue: consume secret)
        return try wrap(known, with: wrappingKey, Mechanism(mechanism), "a known key") == right
    }

    /// Whether the key stays what it is with some zeros behind it: a PKCS#8 structure tells its own end, and a secret
    /// of whole blocks of 8 bytes gets none.
    private func bearsZeros(_ key: ObjectHandle) throws(PKCS11Error) -> Bool {
        let found = try session.attributes([.objectClass, .keyType, .valueLength], of: key)
        if found[.objectClass]?.number == ObjectClass.privateKey.rawValue { return true }
        if found[.keyType]?.number == KeyType.aes.rawValue { return true }
        guard let size = found[.valueLength]?.number else { return false }
        return size > 0 && size % 8 == 0
    }
}

extension KeyType {
    /// The standard's name without its prefix.
    var name: String {
        switch self {
        case .aes: "AES"
        case .genericSecret: "GENERIC_SECRET"
        case .rsa: "RSA"
        case .ec: "EC"
        case .edwards: "EC_EDWARDS"
        default: "key type 0x" + String(rawValue, radix: 16)
        }
    }
}

extension Curve {
    var fieldBits: Int { self == .p521 ? 521 : fieldSize * 8 }
}
