import HSMWorkerProtocol
import LibCrypto
import PKCS11
import SecureMemory

/// Imported material as a session object that has been looked at from all sides: only what is right becomes an object
/// of the token.
struct ImportTrial {
    let object: ObjectHandle
    /// DER SubjectPublicKeyInfo of a pair, found out from the private key; empty for secret keys.
    let publicKey: [UInt8]
}

extension Lane {
    /// Makes the session object. Throws ``ImportRequest``'s one answer when the material does not unwrap, and
    /// `incorrectKeyMaterial` when it is of another kind or size.
    func tryOut(_ opened: OpenedImport, _ request: ImportRequest, _ objects: SessionObjects) throws -> ImportTrial {
        let template = request.template
        let object = objects.add(try makeSessionObject(opened, request))
        if let fault = try template.attributeFault(of: object, id: [], isCopy: true, isLocal: false, in: session) {
            throw OperationFailure(.failed, "the token made an object that it should not have: \(fault)")
        }
        if let fault = try template.sizeFault(of: object, isLocal: false, in: session) {
            throw request.isNoMaterial(fault)
        }
        guard template.isKeyPair else {
            guard try hasRightSize(object, opened, request, objects) else {
                throw request.isNoMaterial("it has another size, or does not work")
            }
            return ImportTrial(object: object, publicKey: [])
        }
        guard let key = try publicKey(of: object, opened, request, objects), template.kind.isKind(of: key) else {
            throw request.isNoMaterial("it is no pair of its kind")
        }
        let value = CheckValue(template, isLocal: false, payload: key.subjectPublicKeyInfo)
        do {
            guard try value.isRight(for: object, id: [], token, in: session) else {
                throw request.isNoMaterial("its numbers do not fit each other")
            }
        } catch let error as PKCS11Error {
            try blameInput(for: error, request)
            throw request.isNoMaterial("it does not work")
        }
        return ImportTrial(object: object, publicKey: key.subjectPublicKeyInfo)
    }

    private func publicKey(
        of object: ObjectHandle, _ opened: OpenedImport, _ request: ImportRequest, _ objects: SessionObjects
    ) throws -> PublicKey? {
        if let known = opened.publicKey { return known }
        return switch request.template.kind {
        case .rsa: try publicRSAKey(of: object)
        case .ec(let curve): try discoverPublicKey(of: opened, on: curve, request, objects)
        case .aes, .hmac, .ed25519, .encryptThenMAC: nil
        }
    }

    private func publicRSAKey(of object: ObjectHandle) throws(PKCS11Error) -> PublicKey? {
        let found = try session.attributes([.modulus, .publicExponent], of: object)
        guard let modulus = found[.modulus]?.bytes, let exponent = found[.publicExponent]?.bytes else { return nil }
        return try? PublicKey(rsaModulus: modulus, publicExponent: exponent)
    }

    private func makeSessionObject(_ opened: OpenedImport, _ request: ImportRequest) throws -> ObjectHandle {
        let attributes = request.template.importTemplate(id: [], isToken: false, omitting: token.profile.omitAttributes)
        do {
            return try makeObject(of: opened, attributes, request.template)
        } catch {
            try blameInput(for: error, request)
            guard let unwrapping = opened.unwrapping else {
                throw OperationFailure(.unsupported, "the token does not take a key \(request.template.spec): \(error)")
            }
            if unwrapping.key != request.wrappingKey.handle, try !unwrapsKnownKey(unwrapping.mechanism.type) {
                throw error
            }
            throw try unwrapsToAnything(unwrapping)
                ? request.isNoMaterial("the token makes none of it") : ImportRequest.cannotBeUnwrapped
        }
    }

    /// An object of the material with these attributes. What depends on the material alone is added.
    func makeObject(
        of opened: OpenedImport, _ attributes: [Attribute], _ template: KeyTemplate
    ) throws(PKCS11Error) -> ObjectHandle {
        if let unwrapping = opened.unwrapping {
            return try unsafe session.unwrapKey(
                unwrapping.wrapped.span.bytes, with: unwrapping.key, unwrapping.mechanism, attributes)
        }
        let curve = template.curveParameters.map { [Attribute(.ecParameters, $0)] } ?? []
        return try session.createObject(attributes + curve, secretValue: opened.value)
    }

    /// Whether the wrapping itself is right: then there is something in it, which is a secret of any size.
    private func unwrapsToAnything(_ unwrapping: OpenedImport.Unwrapping) throws -> Bool {
        do throws(PKCS11Error) {
            let object = try unsafe session.unwrapKey(
                unwrapping.wrapped.span.bytes, with: unwrapping.key, unwrapping.mechanism, Self.secretTemplate())
            try session.destroyObject(object)
            return true
        } catch {
            if token.isPassing(error) { throw error }
            return false
        }
    }
}

extension [Attribute] {
    /// With some flags set to `value`, whether they were there or not.
    func setting(_ types: [AttributeType], to value: Bool) -> [Attribute] {
        filter { !types.contains($0.type) } + types.map { Attribute($0, value) }
    }
}
