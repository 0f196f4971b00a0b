import Crypto
import KMSTesting
import SecureMemory
import Testing

@testable import PKCS11

private let p256 = Attribute(.ecParameters, [0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07])

extension Session {
    borrowing func newP256Pair() throws -> (publicKey: ObjectHandle, privateKey: ObjectHandle) {
        try generateKeyPair(
            Mechanism(.ecKeyPairGeneration),
            publicKey: [p256, Attribute(.token, false), Attribute(.verify, true)],
            privateKey: [
                Attribute(.token, false), Attribute(.sign, true), Attribute(.derive, true),
                Attribute(.sensitive, true), Attribute(.extractable, false),
            ]
        )
    }

    /// The uncompressed point of an EC public key, out of its DER octet string.
    borrowing func point(of key: ObjectHandle) throws -> [UInt8] {
        let encoded = try #require(try reading(.ecPoint, of: key)?.bytes)
        try #require(encoded.starts(with: [0x04, 0x41, 0x04]))
        return Array(encoded.dropFirst(2))
    }

    borrowing func wrap(_ key: ObjectHandle, _ wrappingKey: ObjectHandle, _ mechanism: Mechanism) throws -> [UInt8] {
        try array(256) { (output: inout MutableRawSpan) throws in
            try wrapKey(key, with: wrappingKey, mechanism, into: &output)
        }
    }
}

extension SecretBytes? {
    fileprivate var exposedArray: [UInt8]? {
        switch self {
        case .some(let secret): secret.exposedArray
        case .none: nil
        }
    }
}

extension `PKCS#11 over SoftHSM` {
    @Suite struct `A key pair` {
        @Test func `of RSA signs with both paddings`() throws {
            let session = try Fixture.session()
            let pair = try session.generateKeyPair(
                Mechanism(.rsaKeyPairGeneration),
                publicKey: [
                    Attribute(.modulusBits, 2048 as UInt), Attribute(.publicExponent, [1, 0, 1]),
                    Attribute(.token, false), Attribute(.verify, true), Attribute(.encrypt, true),
                ],
                privateKey: [Attribute(.token, false), Attribute(.sign, true), Attribute(.decrypt, true)]
            )
            let digest = Array(SHA256.hash(data: [1, 2, 3]))
            for mechanism in [Mechanism(.rsaPKCS1), Mechanism(.rsaPSS, .pss(hash: .sha256, saltLength: 32))] {
                let signature = try session.sign(digest, pair.privateKey, mechanism)
                #expect(signature.count == 256)
                #expect(try session.verify(signature, digest, pair.publicKey, mechanism))
                #expect(try session.verify(signature, Array(digest.reversed()), pair.publicKey, mechanism) == false)
                var changed = signature
                changed[200] ^= 1
                #expect(try session.verify(changed, digest, pair.publicKey, mechanism) == false)
                #expect(try session.verify([1, 2], digest, pair.publicKey, mechanism) == false, "of another length")
            }
            let oaep = Mechanism(.rsaOAEP, .oaep(hash: .sha1))
            let sealed = try session.transform([4, 5, 6], pair.publicKey, oaep)
            #expect(try session.transform(sealed, pair.privateKey, oaep, decrypting: true) == [4, 5, 6])
            #expect(try session.reading(.modulus, of: pair.publicKey)?.bytes?.count == 256)
        }

        @Test func `of P-256 signs what swift-crypto verifies`() throws {
            let session = try Fixture.session()
            let pair = try session.newP256Pair()
            let message = [UInt8].random(100)
            let signature = try session.sign(Array(SHA256.hash(data: message)), pair.privateKey, Mechanism(.ecdsa))
            let publicKey = try P256.Signing.PublicKey(x963Representation: session.point(of: pair.publicKey))
            let parsed = try P256.Signing.ECDSASignature(rawRepresentation: signature)
            #expect(publicKey.isValidSignature(parsed, for: message))
            let digest = Array(SHA256.hash(data: message))
            #expect(try session.verify(signature, digest, pair.publicKey, Mechanism(.ecdsa)))
            #expect(try session.verify(signature, digest.reversed(), pair.publicKey, Mechanism(.ecdsa)) == false)
        }

        @Test func `of P-256 derives the secret that swift-crypto does`() throws {
            let session = try Fixture.session()
            let pair = try session.newP256Pair()
            let other = P256.KeyAgreement.PrivateKey()
            let derived = try session.deriveKey(
                pair.privateKey,
                Mechanism(.ecdh1Derive, .ecdh(publicPoint: Array(other.publicKey.x963Representation))),
                [
                    Attribute(.objectClass, ObjectClass.secretKey.rawValue),
                    Attribute(.keyType, KeyType.genericSecret.rawValue), Attribute(.token, false),
                    Attribute(.sensitive, false), Attribute(.extractable, true), Attribute(.valueLength, 32 as UInt),
                ]
            )
            let ours = try P256.KeyAgreement.PublicKey(x963Representation: session.point(of: pair.publicKey))
            let secret = try unsafe other.sharedSecretFromKeyAgreement(with: ours).withUnsafeBytes { unsafe Array($0) }
            #expect(try session.reading(.value, of: derived)?.bytes == secret)
        }

        @Test func `of Ed25519 signs what swift-crypto verifies`() throws {
            let session = try Fixture.session()
            let pair = try session.generateKeyPair(
                Mechanism(.edwardsKeyPairGeneration),
                publicKey: [
                    Attribute(.ecParameters, [0x06, 0x03, 0x2b, 0x65, 0x70]), Attribute(.token, false),
                    Attribute(.verify, true),
                ],
                privateKey: [Attribute(.token, false), Attribute(.sign, true), Attribute(.extractable, false)]
            )
            #expect(try session.reading(.keyType, of: pair.privateKey)?.number == KeyType.edwards.rawValue)
            let encoded = try #require(try session.reading(.ecPoint, of: pair.publicKey)?.bytes)
            let publicKey = try Curve25519.Signing.PublicKey(rawRepresentation: encoded.suffix(32))
            let message = [UInt8].random(4096)
            let signature = try session.sign(message, pair.privateKey, Mechanism(.eddsa))
            #expect(publicKey.isValidSignature(signature, for: message))
            #expect(!publicKey.isValidSignature(signature, for: message + [0]))
        }

        @Test func `that may be read gives its private half, into locked memory`() throws {
            let session = try Fixture.session()
            let pair = try session.generateKeyPair(
                Mechanism(.ecKeyPairGeneration), publicKey: [p256, Attribute(.token, false)],
                privateKey: [Attribute(.token, false), Attribute(.sensitive, false), Attribute(.extractable, true)]
            )
            let read = try session.secretAttribute(.value, of: pair.privateKey)
            let bytes = read.exposedArray
            let scalar = try #require(bytes)
            let privateKey = try P256.Signing.PrivateKey(rawRepresentation: scalar)
            #expect(Array(privateKey.publicKey.x963Representation) == (try session.point(of: pair.publicKey)))
            let modulus = try session.secretAttribute(.modulus, of: pair.privateKey)
            let none = modulus.exposedArray
            #expect(none == nil, "what the object has not is unavailable")
            try session.destroyObject(pair.privateKey)
            #expect(throws: PKCS11Error.self) { _ = try session.secretAttribute(.value, of: pair.privateKey) }
        }

        @Test func `hides its private half`() throws {
            let session = try Fixture.session()
            let pair = try session.newP256Pair()
            #expect(try session.reading(.value, of: pair.privateKey) == .unavailable)
            let secret = try session.secretAttribute(.value, of: pair.privateKey)
            #expect(secret.exposedArray == nil)
        }
    }

    @Suite struct `Wrapping` {
        @Test(arguments: [MechanismType.aesKeyWrap, .aesKeyWrapPad])
        func `and unwrapping gives the same key`(mechanism: MechanismType) throws {
            let session = try Fixture.session()
            let wrappingKey = try session.newAESKey([Attribute(.wrap, true), Attribute(.unwrap, true)])
            let key = try session.newAESKey([Attribute(.extractable, true)])
            let wrapped = try session.wrap(key, wrappingKey, Mechanism(mechanism))
            #expect(wrapped.count == 40)
            let template = [
                Attribute(.objectClass, ObjectClass.secretKey.rawValue), Attribute(.keyType, KeyType.aes.rawValue),
                Attribute(.token, false), Attribute(.encrypt, true), Attribute(.decrypt, true),
                Attribute(.extractable, false), Attribute(.sensitive, true),
            ]
            let unwrapped = try unsafe session.unwrapKey(
                wrapped.span.bytes, with: wrappingKey, Mechanism(mechanism), template
            )
            let iv = [UInt8](repeating: 9, count: 12)
            let sealed = try session.seal([1, 2, 3], key, iv: iv, aad: [])
            #expect(try session.open(sealed, unwrapped, iv: iv, aad: []) == [1, 2, 3])
            #expect(try session.reading(.neverExtractable, of: unwrapped)?.flag == false)

            var changed = wrapped
            changed[0] ^= 1
            #expect(throws: PKCS11Error.self) {
                _ = try unsafe session.unwrapKey(changed.span.bytes, with: wrappingKey, Mechanism(mechanism), template)
            }
        }

        @Test func `is refused for a key that may not leave`() throws {
            let session = try Fixture.session()
            let wrappingKey = try session.newAESKey([Attribute(.wrap, true)])
            let key = try session.newAESKey([Attribute(.extractable, false)])
            expect(.keyUnextractable, from: "C_WrapKey") {
                _ = try session.wrap(key, wrappingKey, Mechanism(.aesKeyWrap))
            }
        }

        @Test func `into too little room is an error, not an overflow`() throws {
            let session = try Fixture.session()
            let wrappingKey = try session.newAESKey([Attribute(.wrap, true)])
            let key = try session.newAESKey([Attribute(.extractable, true)])
            expect(.bufferTooSmall, from: "C_WrapKey") {
                _ = try array(39) { (output: inout MutableRawSpan) throws in
                    try session.wrapKey(key, with: wrappingKey, Mechanism(.aesKeyWrap), into: &output)
                }
            }
        }
    }
}
