import HSMWorkerProtocol
import LibCrypto
import PKCS11
import SecureMemory

/// How far the token gets with what is imported; the rest is the worker's.
enum OpeningWay: String {
    /// The token opens all of it.
    case token
    /// The worker opens OAEP and so has the AES key in the clear, under which the token then unwraps the material.
    case keyInWorker
    /// The worker opens all of it.
    case worker

    var place: ImportPlace { self == .token ? .token : .worker }
}

/// Where the material was in the clear, or could have been: as frames have it.
enum ImportPlace: UInt8 {
    case token = 0
    case worker = 1
}

/// Wrapped material, opened as far as it takes to make objects of it.
final class OpenedImport {
    /// What C_UnwrapKey makes an object of.
    struct Unwrapping {
        let key: ObjectHandle
        let mechanism: Mechanism
        let wrapped: [UInt8]
    }

    let way: OpeningWay
    /// Nil where the worker opened it all.
    let unwrapping: Unwrapping?
    /// What the object's value attribute gets, where the worker opened it all.
    let value: SecretBytes?
    /// The public key of a pair that the worker opened.
    let publicKey: PublicKey?

    init(_ way: OpeningWay, _ unwrapping: Unwrapping) {
        self.way = way
        self.unwrapping = unwrapping
        value = nil
        publicKey = nil
    }

    /// Takes material in the clear and throws `incorrectKeyMaterial` unless it is what was asked for.
    init(_ secret: consuming SecretBytes, _ request: ImportRequest) throws(OperationFailure) {
        way = .worker
        unwrapping = nil
        if let size = request.template.secretSize {
            guard secret.count == size else { throw request.isNoMaterial("it has \(secret.count) bytes") }
            value = consume secret
            publicKey = nil
            return
        }
        let pair = try Self.pair(secret, request)
        value = try Self.value(of: pair, request)
        publicKey = pair.publicKey
    }

    private static func value(
        of pair: borrowing PrivateKey, _ request: ImportRequest
    ) throws(OperationFailure) -> SecretBytes {
        do {
            return try pair.secretValue()
        } catch {
            throw request.isNoMaterial(error.description)
        }
    }

    /// In bytes, beyond any PKCS#8 that comes here: a curve's has 241 at most, and RSA keys are left to the token. To
    /// look whether a large RSA key is consistent takes seconds.
    private static let largestPair = 1024

    private static func pair(
        _ secret: borrowing SecretBytes, _ request: ImportRequest
    ) throws(OperationFailure) -> PrivateKey {
        guard secret.count <= largestPair else { throw request.isNoMaterial("it has \(secret.count) bytes") }
        let pair: PrivateKey
        do {
            pair = try secret.withExposedBytes { (bytes: RawSpan) throws(LibCryptoError) in
                try PrivateKey(pkcs8: bytes.extracting(first: Self.size(ofStructure: bytes)))
            }
        } catch {
            throw request.isNoMaterial(error.description)
        }
        guard request.template.kind.isKind(of: pair.publicKey) else {
            throw request.isNoMaterial("it is of another kind")
        }
        return pair
    }

    /// How many of the bytes are the structure: some tokens wrap whole blocks of 8 bytes, and so put up to 7 zeros
    /// behind it. Anything else behind it is left for the parser to refuse.
    private static func size(ofStructure bytes: RawSpan) -> Int {
        let size = (DERHeader(bytes)?.totalSize).flatMap { $0 <= bytes.byteCount ? $0 : nil } ?? bytes.byteCount
        let rest = bytes.extracting(droppingFirst: size)
        let zeros = [UInt8](repeating: 0, count: rest.byteCount)
        let isPadding = unsafe ConstantTime.areEqual(rest, zeros.span.bytes)
        return rest.byteCount < 8 && isPadding ? size : bytes.byteCount
    }
}

/// The tag and length that a DER value begins with (X.690, section 10.1), where it is a sequence of at most 64 KiB.
private struct DERHeader {
    let totalSize: Int

    init?(_ bytes: RawSpan) {
        guard bytes.byteCount >= 4 else { return nil }
        let start = (0..<4).map { Int(unsafe bytes.unsafeLoad(fromByteOffset: $0, as: UInt8.self)) }
        guard start[0] == 0x30 else { return nil }
        switch start[1] {
        case ..<0x80: totalSize = 2 + start[1]
        case 0x81: totalSize = 3 + start[2]
        case 0x82: totalSize = 4 + (start[2] << 8 | start[3])
        default: return nil
        }
    }
}

extension KeyTemplate.Kind {
    func isKind(of publicKey: PublicKey) -> Bool {
        switch (self, publicKey.kind) {
        case (.rsa(let bits), .rsa(bits: let found)): bits == found && publicKey.rsaPublicExponent == [1, 0, 1]
        case (.ec(let curve), .ec(let found)): curve == found
        case (.ed25519, .ed25519): true
        default: false
        }
    }
}

extension Lane {
    /// Opens the wrapping in the given way. Errors of the token that the input caused are ``ImportRequest``'s one
    /// answer, which a wrong AES key does not give earlier than wrong material does: it is replaced by a random one.
    func open(_ request: ImportRequest, _ way: OpeningWay, _ objects: SessionObjects) throws -> OpenedImport {
        let (block, rest) = try request.parts()
        guard request.algorithm.hasAESKey else {
            guard way == .token else {
                guard let secret = try openOAEP(block, request) else { throw ImportRequest.cannotBeUnwrapped }
                return try OpenedImport(secret, request)
            }
            let unwrapping = OpenedImport.Unwrapping(
                key: request.wrappingKey.handle, mechanism: request.algorithm.hash.oaep, wrapped: block)
            return OpenedImport(way, unwrapping)
        }
        guard way != .worker else {
            let key = try openAESKey(block, request)
            guard let secret = WrappingAlgorithm.unwrap(rest, with: key) else {
                throw ImportRequest.cannotBeUnwrapped
            }
            return try OpenedImport(secret, request)
        }
        guard let mechanism = try keyWrapMechanism() else {
            throw OperationFailure(.unsupported, "the token has no \(Self.keyWrapNames)")
        }
        let key = way == .token ? try unwrapAESKey(block, request) : try makeAESKey(openAESKey(block, request))
        return OpenedImport(
            way, OpenedImport.Unwrapping(key: objects.add(key), mechanism: Mechanism(mechanism), wrapped: rest))
    }

    /// The AES key in the clear, in locked memory; a random one when there is none in the block.
    private func openAESKey(_ block: [UInt8], _ request: ImportRequest) throws -> SecretBytes {
        guard let key = try openOAEP(block, request), WrappingAlgorithm.aesKeySizes.contains(key.count) else {
            return SystemRandom.bytes(32)
        }
        return key
    }

    /// What OAEP holds; nil when there is none in the block.
    private func openOAEP(_ block: [UInt8], _ request: ImportRequest) throws -> SecretBytes? {
        do {
            return try token.decryptOAEP(
                block, request.algorithm.hash, modulus: request.wrappingKey.modulus, with: request.wrappingKey.handle,
                in: session
            )
        } catch let error as PKCS11Error {
            // It may be stuck in the decryption; no session object is in it yet.
            try renewSession()
            try blameInput(for: error, request)
            return nil
        }
    }

    /// The AES key as an object that never leaves the token.
    private func unwrapAESKey(_ block: [UInt8], _ request: ImportRequest) throws -> ObjectHandle {
        do throws(PKCS11Error) {
            return try unsafe session.unwrapKey(
                block.span.bytes, with: request.wrappingKey.handle, request.algorithm.hash.oaep,
                Self.aesKeyTemplate([.unwrap])
            )
        } catch {
            if token.isPassing(error) { throw error }
            // Whose fault it was is asked when the random key unwraps nothing, as of all that does not unwrap.
            return try makeAESKey(SystemRandom.bytes(32))
        }
    }

    func makeAESKey(_ key: consuming SecretBytes) throws(PKCS11Error) -> ObjectHandle {
        try session.createObject(Self.aesKeyTemplate([.unwrap]), secretValue: consume key)
    }

    /// A session object that wraps or unwraps, and lives for one import.
    static func aesKeyTemplate(_ uses: [AttributeType], extractable: Bool = false) -> [Attribute] {
        [
            Attribute(.objectClass, ObjectClass.secretKey.rawValue), Attribute(.keyType, KeyType.aes.rawValue),
            Attribute(.token, false), Attribute(.private, true), Attribute(.sensitive, true),
            Attribute(.extractable, extractable),
        ] + [AttributeType.encrypt, .decrypt, .wrap, .unwrap].map { Attribute($0, uses.contains($0)) }
    }
}
