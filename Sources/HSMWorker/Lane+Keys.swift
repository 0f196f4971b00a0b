import HSMWorkerProtocol
import PKCS11
import SecureMemory
import Synchronization

extension Lane {
    /// Makes a key, reads back that it is what was asked for, and answers its check value. A key that is not is
    /// destroyed again.
    func generateKey(_ fields: inout FrameCursor, into reply: SecureBuffer) throws {
        let id = try KeyCache.ID(&fields)
        let spec = try fields.text()
        guard let template = KeyTemplate.all[spec] else {
            throw OperationFailure(.unsupported, "this worker makes no keys of spec \(spec)")
        }
        for mechanism in [template.generation.type, .aesGCM] where !token.mechanisms.contains(mechanism) {
            throw OperationFailure(.unsupported, "the token has no \(mechanism)")
        }
        let object = try make(template, id)
        do {
            if let fault = try template.fault(of: object, id: id.bytes, isCopy: false, in: session) {
                throw OperationFailure(.failed, "the token made a key that it should not have: \(fault)")
            }
            let checkValue = try CheckValue.make(for: object, id: id.bytes, cipher, in: session, ivs: &ivs)
            reply.appendField(checkValue)
        } catch {
            dropSession()
            try? destroy(object)
            throw error
        }
    }

    private func make(_ template: KeyTemplate, _ id: KeyCache.ID) throws -> ObjectHandle {
        let attributes = template.generationTemplate(id: id.bytes, omitting: token.profile.omitAttributes)
        return try keys.catalogue.withLock { _ throws in
            guard try session.findObjects([Attribute(.id, id.bytes)], limit: 1).isEmpty else {
                throw OperationFailure(.failed, "the token already has an object \(id.text)")
            }
            return try session.generateKey(template.generation, attributes)
        }
    }

    /// Destroys every object of that id; to find none is success.
    func destroyKey(_ fields: inout FrameCursor) throws {
        let id = try KeyCache.ID(&fields)
        try keys.forget(id)
        try keys.catalogue.withLock { _ throws in
            for object in try session.findObjects([Attribute(.id, id.bytes)]) {
                try session.destroyObject(object)
            }
            guard try session.findObjects([Attribute(.id, id.bytes)], limit: 1).isEmpty else {
                throw OperationFailure(.failed, "the token still shows the object \(id.text) after its destruction")
            }
        }
    }

    private func destroy(_ object: ObjectHandle) throws {
        try keys.catalogue.withLock { _ throws in try session.destroyObject(object) }
    }

    func verifyKey(_ fields: inout FrameCursor) throws {
        let id = try KeyCache.ID(&fields)
        try keys.forget(id)
        _ = try keys.resolve(id, checkValue: try fields.bytes(), in: session)
    }

    /// The ids of our objects, in order, from the one after `after`; as many as fit into a frame.
    func inventory(_ fields: inout FrameCursor, into reply: SecureBuffer) throws {
        let after = try fields.bytes()
        let template = [
            Attribute(.objectClass, ObjectClass.secretKey.rawValue), Attribute(.token, true),
            Attribute(.label, KeyTemplate.label),
        ]
        // With the catalogue locked: to read an object that was destroyed meanwhile looks like a broken token.
        let ids = try keys.catalogue.withLock { _ throws in
            try session.findObjects(template).compactMap { object in
                try session.attributes([.id], of: object)[.id]?.bytes
            }
        }
        let batch = ids.filter { $0.count == 16 && after.lexicographicallyPrecedes($0) }
            .sorted { $0.lexicographicallyPrecedes($1) }.prefix(Frame.inventoryBatch)
        reply.append(bigEndian: UInt32(batch.count))
        for id in batch { reply.append(id) }
    }

    /// A call that the token itself has to answer.
    func checkHealth() throws {
        var probe: InlineArray<12, UInt8> = .init(repeating: 0)
        ivs = IVPool()
        try ivs.next(into: &probe, from: session)
        _ = try token.slot.tokenInfo()
    }
}
