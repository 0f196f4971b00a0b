import HSMWorkerProtocol
import LibCrypto
import PKCS11
import SecureMemory
import Synchronization

extension Lane {
    /// The public key of a pair's public half, which is destroyed: whoever wants it has the key store's copy. On a token
    /// where halves belong together it stays, and goes with the pair: one confuses handles after the death of a half.
    func takePublicKey(_ object: ObjectHandle, _ template: KeyTemplate) throws -> PublicKey {
        let publicKey = try readPublicKey(of: object, template)
        if !token.pairsAreWhole.load(ordering: .relaxed) { try session.destroyObject(object) }
        return publicKey
    }

    /// The public key that an object tells, which has to be of the template's kind. Private RSA keys tell it as well.
    func readPublicKey(of object: ObjectHandle, _ template: KeyTemplate) throws -> PublicKey {
        let found = try session.attributes([.modulus, .publicExponent, .ecPoint], of: object)
        guard let publicKey = try template.publicKey(found) else {
            throw OperationFailure(.failed, "the token does not tell the public key of a pair \(template.spec)")
        }
        return publicKey
    }

    // MARK: Data key pairs

    /// Makes a key pair that its owner keeps. Fields: sealing key, AAD, spec. The answer is the public key, the sealed
    /// private key and, where wanted, the private key, both as PKCS#8.
    func generateDataKeyPair(_ fields: inout FrameCursor, into reply: SecureBuffer, showingPrivateKey: Bool) throws {
        var ahead = fields
        let (sealingKey, _) = try key(&ahead)
        guard sealingKey.template.seals else { throw sealingKey.template.unfit(for: "encryption by the token") }
        _ = try ahead.field()
        let spec = try ahead.text()
        guard let template = KeyTemplate.named(spec: spec, usage: KeyTemplate.Usage.signVerify.rawValue) else {
            throw OperationFailure(.unsupported, "this worker makes no data key pairs of spec \(spec)")
        }
        let pair = try newDataKeyPair(template)
        let start = reply.count
        try withKey(&fields) { fields, key in
            reply.truncate(to: start)
            let aad = try fields.field()
            _ = try fields.field()
            reply.appendField(pair.publicKey.subjectPublicKeyInfo)
            let whole = 0..<pair.privateKey.count
            try seal(pair.privateKey, whole, aad: aad, of: fields.frame, with: key, into: reply)
            if showingPrivateKey { pair.privateKey.withExposedBytes { reply.appendField($0) } }
        }
    }

    private struct DataKeyPair {
        let publicKey: PublicKey
        /// PKCS#8.
        let privateKey: SecureBuffer
    }

    /// A pair made by the token in session objects, read and destroyed again.
    private func newDataKeyPair(_ template: KeyTemplate) throws -> DataKeyPair {
        try token.require(template.generation.type)
        let omitted = token.profile.omitAttributes
        let pair: (publicKey: ObjectHandle, privateKey: ObjectHandle)
        do throws(PKCS11Error) {
            pair = try session.generateKeyPair(
                template.generation, publicKey: template.publicTemplate(omitting: omitted),
                privateKey: template.readablePrivateTemplate(omitting: omitted)
            )
        } catch {
            throw notMade(template, error)
        }
        let publicKey = try takePublicKey(pair.publicKey, template)
        let privateKey = try readPrivateKey(pair.privateKey, template, publicKey)
        try session.destroyObject(pair.privateKey)
        guard privateKey.publicKey == publicKey else {
            throw OperationFailure(.failed, "the two halves of a data key pair do not belong together")
        }
        let encoded = privateKey.pkcs8()
        let buffer = SecureBuffer(capacity: encoded.count)
        encoded.withExposedBytes { buffer.append($0) }
        return DataKeyPair(publicKey: publicKey, privateKey: buffer)
    }

    private func readPrivateKey(
        _ object: ObjectHandle, _ template: KeyTemplate, _ publicKey: PublicKey
    ) throws -> PrivateKey {
        switch template.kind {
        case .ec(let curve):
            let scalar = try readSecret(.value, of: object).leftPadded(to: curve.fieldSize)
            return try scalar.withExposedBytes { bytes in try PrivateKey(curve: curve, scalar: bytes) }
        case .ed25519:
            let seed = try readSecret(.value, of: object)
            return try seed.withExposedBytes { bytes in try PrivateKey(ed25519Seed: bytes) }
        default:
            let components = RSAComponents(
                modulus: publicKey.rsaModulus ?? [], publicExponent: publicKey.rsaPublicExponent ?? [],
                privateExponent: try readSecret(.privateExponent, of: object),
                prime1: try readSecret(.prime1, of: object), prime2: try readSecret(.prime2, of: object),
                exponent1: try readSecret(.exponent1, of: object),
                exponent2: try readSecret(.exponent2, of: object),
                coefficient: try readSecret(.coefficient, of: object)
            )
            return try PrivateKey(rsa: components)
        }
    }

    private func readSecret(_ type: AttributeType, of object: ObjectHandle) throws -> SecretBytes {
        guard let secret = try session.secretAttribute(type, of: object) else {
            throw OperationFailure(.unsupported, "the token makes no key pair that may be given away")
        }
        return secret
    }
}

extension KeyTemplate {
    /// The public key out of what a token tells of an object, if that is one of this kind.
    fileprivate func publicKey(_ found: [AttributeType: AttributeReading]) throws -> PublicKey? {
        let key: PublicKey
        let expected: PublicKey.Kind
        switch kind {
        case .rsa(let bits):
            guard let modulus = found[.modulus]?.bytes, let exponent = found[.publicExponent]?.bytes else { return nil }
            key = try PublicKey(rsaModulus: modulus, publicExponent: exponent)
            expected = .rsa(bits: bits)
        case .ec(let curve):
            guard let encoded = found[.ecPoint]?.bytes else { return nil }
            key = try PublicKey(curve: curve, point: Self.octets(encoded, size: 1 + 2 * curve.fieldSize))
            expected = .ec(curve)
        case .ed25519:
            guard let encoded = found[.ecPoint]?.bytes else { return nil }
            key = try PublicKey(ed25519: Self.octets(encoded, size: 32))
            expected = .ed25519
        case .aes, .hmac, .encryptThenMAC:
            return nil
        }
        return key.kind == expected ? key : nil
    }

    /// An EC point is a DER octet string by the standard, and the bare point on some tokens.
    private static func octets(_ encoded: [UInt8], size: Int) -> [UInt8] {
        guard encoded.count != size, encoded.first == 0x04, encoded.count > size else { return encoded }
        // The point is what is left behind tag and length, of which the latter has one byte or two.
        return Array(encoded.suffix(size))
    }

    /// What is told when a request would use a key for what it is not.
    func unfit(for purpose: String) -> OperationFailure {
        OperationFailure(.failed, "a key \(spec) for \(usage.rawValue) is not for \(purpose)")
    }
}
