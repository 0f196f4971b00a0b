import HSMWorkerProtocol
import LibCrypto
import PKCS11
import SecureMemory

extension Lane {
    /// Fields: key, algorithm, digest or message. The answer is the signature.
    func sign(_ fields: inout FrameCursor, into reply: SecureBuffer) throws {
        try withKey(&fields) { fields, key in
            let algorithm = try fields.text()
            let input = try fields.bytes()
            guard let scheme = SignatureScheme.named[algorithm] else { throw key.template.unfit(for: algorithm) }
            reply.appendField(try token.sign(input, scheme, with: key.handle, of: key.template, in: session))
        }
    }

    /// Fields: key, algorithm, message. The answer is the MAC.
    func generateMAC(_ fields: inout FrameCursor, into reply: SecureBuffer) throws {
        try withKey(&fields) { fields, key in
            let algorithm = try fields.text()
            let message = try fields.field()
            guard case .hmac(let digest) = key.template.kind, algorithm == digest.macAlgorithm else {
                throw key.template.unfit(for: algorithm)
            }
            let code = try fields.frame.withExposedBytes(in: message) { message in
                try token.authenticationCode(of: message, digest, with: key.handle, in: session)
            }
            reply.appendField(code)
        }
    }

    /// Fields: key, algorithm, ciphertext. The answer is the plaintext.
    func decryptRSA(_ fields: inout FrameCursor, into reply: SecureBuffer) throws {
        let start = fields
        try withKey(&fields) { fields, key in
            let algorithm = try fields.text()
            let ciphertext = try fields.bytes()
            guard case .rsa = key.template.kind, key.template.usage == .encryptDecrypt,
                let hash = Digest.oaepAlgorithms[algorithm]
            else { throw key.template.unfit(for: algorithm) }
            try openOAEP(ciphertext, hash, with: key, named: start, into: reply)
        }
    }

    /// Opens what was encrypted by RSAES-OAEP. Whatever is wrong with the ciphertext, the answer is the same; that the
    /// token still works is seen to as for AES-GCM. `named` stands where the key's fields begin.
    func openOAEP(
        _ ciphertext: [UInt8], _ hash: Digest, with key: KeyCache.Entry, named: FrameCursor, into reply: SecureBuffer
    ) throws {
        do {
            try blamingCiphertext(key, named) {
                let opened = try token.decryptOAEP(
                    ciphertext, hash, modulus: key.modulus, with: key.handle, in: session)
                guard let opened else { throw harmless(.invalidCiphertext, "") }
                reply.appendField(opened)
            }
        } catch let failure as OperationFailure where failure.status == .invalidCiphertext {
            throw harmless(.invalidCiphertext, "no ciphertext of this key")
        }
    }

    /// Fields: key, the other's point, uncompressed. The answer is the shared secret.
    func deriveSharedSecret(_ fields: inout FrameCursor, into reply: SecureBuffer) throws {
        try withKey(&fields) { fields, key in
            let point = try fields.bytes()
            guard case .ec(let curve) = key.template.kind, key.template.usage == .keyAgreement else {
                throw key.template.unfit(for: "ECDH")
            }
            // The server has looked already. A point of another curve would tell of the key, and breaks some tokens.
            guard (try? PublicKey(curve: curve, point: point)) != nil else {
                throw OperationFailure(.failed, "a public point that is not on the curve of \(key.template.spec)")
            }
            reply.appendField(try token.sharedSecret(with: point, on: curve, key.handle, in: session))
        }
    }
}

extension SignatureScheme {
    /// By the names of AWS KMS, which frames carry.
    fileprivate static let named: [String: SignatureScheme] = {
        var named: [String: SignatureScheme] = ["ED25519_SHA_512": .ed25519]
        for digest in [Digest.sha256, .sha384, .sha512] {
            let bits = digest.size * 8
            named["RSASSA_PSS_SHA_\(bits)"] = .rsaPSS(digest)
            named["RSASSA_PKCS1_V1_5_SHA_\(bits)"] = .rsaPKCS1(digest)
            named["ECDSA_SHA_\(bits)"] = .ecdsa(digest)
        }
        return named
    }()
}

extension Digest {
    fileprivate var macAlgorithm: String { "HMAC_SHA_\(size * 8)" }

    static let oaepAlgorithms: [String: Digest] = ["RSAES_OAEP_SHA_1": .sha1, "RSAES_OAEP_SHA_256": .sha256]
}
