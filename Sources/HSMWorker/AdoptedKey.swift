import HSMWorkerProtocol
import PKCS11
import SecureMemory
import Synchronization

/// A key that somebody else put into the token, and that is used where it is. Of what its owner chose for it, only what
/// the use needs is looked at.
enum AdoptedKey {
    /// The objects at a place. To be called with the catalogue locked.
    static func find(_ place: AdoptedPlace, in session: borrowing Session) throws(PKCS11Error) -> [ObjectHandle] {
        let name = Attribute(place.attribute == .id ? .id : .label, place.value)
        return try session.findObjects(
            [Attribute(.objectClass, ObjectClass.secretKey.rawValue), Attribute(.token, true), name], limit: 3)
    }

    private static let readBack: [AttributeType] = [.objectClass, .keyType, .token, .encrypt, .decrypt, .valueLength]

    /// Why an object cannot serve, or nil.
    static func fault(of object: ObjectHandle, in session: borrowing Session) throws(PKCS11Error) -> String? {
        let found = try session.attributes(readBack, of: object)
        if found[.objectClass]?.number != ObjectClass.secretKey.rawValue { return "it is no secret key" }
        if found[.keyType]?.number != KeyType.aes.rawValue { return "it is no AES key" }
        if found[.token]?.flag != true { return "it is not kept in the token" }
        if found[.encrypt]?.flag != true { return "it may not encrypt" }
        if found[.decrypt]?.flag != true { return "it may not decrypt" }
        // A token that does not tell finds out when a key of another size is tried.
        if let size = found[.valueLength]?.number, size > 0, size != 32 { return "it has \(size * 8) bits" }
        return nil
    }
}

extension Lane {
    /// Finds a key by its label and answers the check value that finds it again. Fields: id, label.
    func adoptKey(_ fields: inout FrameCursor, into reply: SecureBuffer) throws {
        let id = try KeyCache.ID(&fields)
        let label = try fields.text()
        guard label != KeyTemplate.labelling.withLock({ $0 }).publicLabel,
            let byLabel = AdoptedPlace(.label, Array(label.utf8))
        else {
            throw OperationFailure(.unfit, "'\(label)' is the label of no key that can be taken")
        }
        let (object, place) = try keys.catalogue.withLock { _ throws in
            try keys.expectLogin(in: session)
            let found = try AdoptedKey.find(byLabel, in: session)
            guard let object = found.first, found.count == 1 else {
                let count = found.isEmpty ? "no secret key" : "several secret keys"
                throw OperationFailure(.unfit, "the token shows \(count) labelled '\(label)'")
            }
            if let fault = try AdoptedKey.fault(of: object, in: session) {
                throw OperationFailure(.unfit, "the key labelled '\(label)' cannot be used: \(fault)")
            }
            // The id outlives a change of the label, where there is one and it is this object's alone.
            let ownID = try session.attributes([.id], of: object)[.id]?.bytes ?? []
            guard let byID = AdoptedPlace(.id, ownID) else { return (object, byLabel) }
            return try AdoptedKey.find(byID, in: session).count == 1 ? (object, byID) : (object, byLabel)
        }
        let value = try CheckValue.make(
            for: object, id: id.bytes, try symmetricTemplate(), publicKey: [], isLocal: false, place: place, in: self)
        reply.appendField(value)
        reply.appendField([UInt8]())
    }

    private func symmetricTemplate() throws -> KeyTemplate {
        let (spec, usage) = CheckValueName.symmetric
        try token.require(.aesGCM)
        guard let template = KeyTemplate.named(spec: spec, usage: usage) else {
            throw OperationFailure(.unsupported, "this worker uses no keys of spec \(spec)")
        }
        return template
    }
}
