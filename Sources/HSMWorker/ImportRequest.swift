import HSMWorkerProtocol
import LibCrypto
import PKCS11

/// Key material that somebody wrapped, and what it is said to be. All of it but the wrapping key may be hostile.
struct ImportRequest {
    /// What the material has to become.
    let template: KeyTemplate
    let wrappingKey: WrappingKey
    let algorithm: WrappingAlgorithm
    let wrapped: [UInt8]

    /// Found and verified.
    struct WrappingKey {
        let id: KeyCache.ID
        let handle: ObjectHandle
        let checkValue: CheckValue
        let publicKey: PublicKey
        let modulus: [UInt8]
    }

    /// The one answer to all that cannot be unwrapped, whatever of it was wrong: to tell more would help to decrypt
    /// what others wrapped (Manger 2001, Bleichenbacher 1998).
    static let cannotBeUnwrapped = OperationFailure(
        .invalidCiphertext, "the wrapped key material cannot be unwrapped")

    func isNoMaterial(_ reason: String) -> OperationFailure {
        OperationFailure(.incorrectKeyMaterial, "the material is no key \(template.spec): \(reason)")
    }

    /// The RSA block and what follows it.
    ///
    /// Sizes that the algorithm never gives are refused here, as is a block that is not below the modulus (RFC 8017,
    /// section 5.1.2): tokens answer those with all kinds of errors.
    func parts() throws(OperationFailure) -> (block: [UInt8], rest: [UInt8]) {
        let size = wrappingKey.modulus.count
        let block = Array(wrapped.prefix(size))
        let rest = Array(wrapped.dropFirst(size))
        guard block.count == size, block.lexicographicallyPrecedes(wrappingKey.modulus),
            algorithm.hasAESKey ? rest.count >= 16 && rest.count <= 8192 && rest.count % 8 == 0 : rest.isEmpty
        else { throw Self.cannotBeUnwrapped }
        return (block, rest)
    }
}

extension KeyTemplate {
    /// Throws where such keys cannot be made of material from outside: one material makes no two keys.
    func checkImport() throws(OperationFailure) {
        guard companion == nil else {
            throw OperationFailure(
                .unsupported,
                "the token has no \(MechanismType.aesGCM), and what stands in for it is a pair of keys that the token "
                    + "makes itself: symmetric key material cannot be imported; leave Origin out, or import it into a "
                    + "token that has \(MechanismType.aesGCM)")
        }
    }
}

extension Lane {
    /// Fields: spec, usage, wrapping key, algorithm, wrapped material.
    func importRequest(_ fields: inout FrameCursor, isMovable: Bool = false) throws -> ImportRequest {
        let spec = try fields.text()
        let usage = try fields.text()
        let wrappingKey = try wrappingKey(&fields)
        let name = try fields.text()
        let wrapped = try fields.bytes()
        guard var template = token.newKeyTemplate(spec: spec, usage: usage), template.usage != .unwrap else {
            throw OperationFailure(.unsupported, "this worker imports no keys of spec \(spec) for \(usage)")
        }
        if isMovable { template = try token.newMovableTemplate(spec: spec, usage: usage) }
        guard let algorithm = WrappingAlgorithm.named(name) else {
            throw OperationFailure(.unsupported, "this worker imports nothing that is wrapped by \(name)")
        }
        try template.checkImport()
        for mechanism in template.neededMechanisms(token) { try token.require(mechanism) }
        return ImportRequest(template: template, wrappingKey: wrappingKey, algorithm: algorithm, wrapped: wrapped)
    }

    private func wrappingKey(_ fields: inout FrameCursor) throws -> ImportRequest.WrappingKey {
        let id = try KeyCache.ID(&fields)
        let bytes = try fields.bytes()
        guard let checkValue = CheckValue(bytes), checkValue.template.usage == .unwrap,
            let publicKey = try? PublicKey(subjectPublicKeyInfo: checkValue.publicKey),
            let modulus = publicKey.rsaModulus
        else { throw OperationFailure(.materialMissing, "the check value of \(id.text) is not a wrapping key's") }
        let entry = try keys.resolve(id, checkValue: bytes, in: session)
        guard entry.template.usage == .unwrap else {
            throw OperationFailure(.failed, "the key \(id.text) is no wrapping key")
        }
        return ImportRequest.WrappingKey(
            id: id, handle: entry.handle, checkValue: checkValue, publicKey: publicKey, modulus: modulus)
    }

    /// Returns when `error` is the fault of what was to be unwrapped: the wrapping key still does its work. Throws
    /// otherwise. Some tokens answer bad input with what they answer when they are broken.
    func blameInput(for error: PKCS11Error, _ request: ImportRequest) throws {
        if token.isPassing(error) { throw error }
        try confirm(request.wrappingKey)
    }

    /// Throws unless the wrapping key is there and does what it did.
    func confirm(_ key: ImportRequest.WrappingKey) throws {
        do {
            guard try key.checkValue.isRight(for: key.handle, id: key.id.bytes, token, in: session) else {
                throw OperationFailure(.materialMissing, "the key \(key.id.text) no longer confirms its check value")
            }
        } catch let error as PKCS11Error where token.failureClass(of: error) == .object {
            // Destroyed by another process: to be looked up anew.
            keys.forget(key.id)
            throw error
        }
    }
}

/// The session objects of one import, which end with it, whatever happens.
final class SessionObjects {
    private(set) var handles: [ObjectHandle] = []

    func add(_ object: ObjectHandle) -> ObjectHandle {
        handles.append(object)
        return object
    }
}

extension Lane {
    /// Destroys them. Where that fails the session goes, and they go with it.
    func end(_ objects: SessionObjects) {
        for object in objects.handles.reversed() {
            do {
                try session.destroyObject(object)
            } catch {
                return session.abandon()
            }
        }
    }
}
