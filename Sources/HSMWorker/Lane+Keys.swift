import HSMWorkerProtocol
import LibCrypto
import PKCS11
import SecureMemory
import Synchronization

extension Lane {
    /// Makes a key, reads back that it is what was asked for, and answers its check value and its public part. A key
    /// that is not is destroyed again. Fields: id, spec, usage.
    func generateKey(_ fields: inout FrameCursor, into reply: SecureBuffer) throws {
        let id = try KeyCache.ID(&fields)
        try generate(supportedTemplate(&fields), id, into: reply)
    }

    /// As ``generateKey(_:into:)``: a key that can leave the token, wrapped.
    func generateMovableKey(_ fields: inout FrameCursor, into reply: SecureBuffer) throws {
        let id = try KeyCache.ID(&fields)
        let template = try supportedTemplate(&fields)
        try token.require(.rsaOAEP)
        let movable = try token.newMovableTemplate(spec: template.spec, usage: template.usage.rawValue)
        try generate(movable, id, into: reply)
    }

    private func generate(_ template: KeyTemplate, _ id: KeyCache.ID, into reply: SecureBuffer) throws {
        let (object, publicObject) = try make(template, id)
        var mac: ObjectHandle?
        do {
            mac = try makeCompanion(of: template, id)
            let publicKey = try publicObject.map { try takePublicKey($0, template).subjectPublicKeyInfo } ?? []
            let fault = try template.fault(of: object, id: id.bytes, isCopy: false, isLocal: true, in: session)
            if let fault {
                throw OperationFailure(.failed, "the token made a key that it should not have: \(fault)")
            }
            let checkValue = try CheckValue.make(
                for: object, mac: mac, id: id.bytes, template, publicKey: publicKey, isLocal: true, in: self)
            reply.appendField(checkValue)
            reply.appendField(publicKey)
        } catch {
            try renewSession()
            try? destroy(object)
            if let mac { try? destroy(mac) }
            throw unusable(template, error)
        }
    }

    /// The second object of a key that has two, of the same id, seen to be what it should be. A crash in between leaves
    /// one alone: who asked for the key has noted its id, and has destroyed what there is of it.
    private func makeCompanion(of template: KeyTemplate, _ id: KeyCache.ID) throws -> ObjectHandle? {
        guard let template = template.companion else { return nil }
        let attributes = template.generationTemplate(id: id.bytes, omitting: token.profile.omitAttributes)
        let object = try keys.catalogue.withLock { _ throws in
            try session.generateKey(template.generation, attributes)
        }
        do {
            let fault = try template.fault(of: object, id: id.bytes, isCopy: false, isLocal: true, in: session)
            if let fault {
                throw OperationFailure(.failed, "the token made an HMAC key that it should not have: \(fault)")
            }
            return object
        } catch {
            try renewSession()
            try? destroy(object)
            throw error
        }
    }

    /// Fields: spec, usage, in one byte whether the material comes from outside. The answer is nothing, or that the
    /// token cannot make or use such keys.
    func checkSupport(_ fields: inout FrameCursor) throws {
        let template = try supportedTemplate(&fields)
        if try fields.integer(as: UInt8.self) == 1 { try template.checkImport() }
    }

    private func supportedTemplate(_ fields: inout FrameCursor) throws -> KeyTemplate {
        let spec = try fields.text()
        let usage = try fields.text()
        guard let template = token.newKeyTemplate(spec: spec, usage: usage) else {
            for mechanism in KeyTemplate.mechanismsOfOthers(spec) { try token.require(mechanism) }
            throw OperationFailure(.unsupported, "this worker makes no keys of spec \(spec) for \(usage)")
        }
        for mechanism in [template.generation.type] + template.neededMechanisms(token) {
            try token.require(mechanism)
        }
        return template
    }

    /// The key, and the public half of a pair.
    private func make(_ template: KeyTemplate, _ id: KeyCache.ID) throws -> (ObjectHandle, ObjectHandle?) {
        let omitted = token.profile.omitAttributes
        let attributes = template.generationTemplate(id: id.bytes, omitting: omitted)
        return try keys.catalogue.withLock { _ throws in
            try expectNone(id)
            beginCreation(of: id)
            do throws(PKCS11Error) {
                guard template.isKeyPair else { return (try session.generateKey(template.generation, attributes), nil) }
                return try makePair(template, id, privateKey: attributes)
            } catch {
                throw notMade(template, error)
            }
        }
    }

    /// Throws when there is an object of that id, of whatever class. To be called with the catalogue locked.
    func expectNone(_ id: KeyCache.ID) throws {
        try keys.expectLogin(in: session)
        guard try session.findObjects([Attribute(.id, id.bytes)], limit: 1).isEmpty else {
            throw OperationFailure(.failed, "the token already has an object \(id.text)")
        }
        try keys.expectLogin(in: session)
    }

    /// Destroys every object of that id; to find none is success.
    func destroyKey(_ fields: inout FrameCursor) throws {
        let id = try KeyCache.ID(&fields)
        keys.forgetBeforeDestruction(id)
        try keys.catalogue.withLock { _ throws in
            try keys.expectLogin(in: session)
            for object in try session.findObjects([Attribute(.id, id.bytes)]) {
                try session.destroyObject(object)
            }
            // Without a login the token shows nothing.
            try keys.expectLogin(in: session)
            guard try session.findObjects([Attribute(.id, id.bytes)], limit: 1).isEmpty else {
                throw OperationFailure(.failed, "the token still shows the object \(id.text) after its destruction")
            }
        }
    }

    func destroy(_ object: ObjectHandle) throws {
        try keys.catalogue.withLock { _ throws in try session.destroyObject(object) }
    }

    /// Whether the token shows an object of that id, of whatever class: without a check value nothing more can be told.
    func showsObject(_ fields: inout FrameCursor, into reply: SecureBuffer) throws {
        let id = try KeyCache.ID(&fields)
        let found = try keys.catalogue.withLock { _ throws in
            try session.findObjects([Attribute(.id, id.bytes)], limit: 1)
        }
        reply.append(found.isEmpty ? 0 : 1)
    }

    func verifyKey(_ fields: inout FrameCursor) throws {
        let id = try KeyCache.ID(&fields)
        keys.forget(id)
        _ = try keys.resolve(id, checkValue: try fields.bytes(), in: session)
    }

    /// The ids of our objects, in order, from the one after `after`; as many as fit into a frame.
    func inventory(_ fields: inout FrameCursor, into reply: SecureBuffer) throws {
        let after = try fields.bytes()
        // With the catalogue locked: to read an object that was destroyed meanwhile looks like a broken token.
        let ids = try keys.catalogue.withLock { _ throws in
            try keys.expectLogin(in: session)
            let ids = try objects(.secretKey) + objects(.privateKey)
            try keys.expectLogin(in: session)
            return ids
        }
        // A key may have two objects.
        let batch = Set(ids).filter { $0.count == 16 && after.lexicographicallyPrecedes($0) }
            .sorted { $0.lexicographicallyPrecedes($1) }.prefix(Frame.inventoryBatch)
        reply.append(bigEndian: UInt32(batch.count))
        for id in batch { reply.append(id) }
    }

    /// The ids of our objects of a class. To be called with the catalogue locked.
    private func objects(_ objectClass: ObjectClass) throws(PKCS11Error) -> [[UInt8]] {
        let labelling = KeyTemplate.labelling.withLock { $0 }
        var ids: [[UInt8]] = []
        for object in try session.findObjects([Attribute(.objectClass, objectClass.rawValue)] + labelling.search) {
            let found = try session.attributes([.id, .label], of: object)
            if let id = found[.id]?.bytes, labelling.isOurs(id: id, label: found[.label]?.bytes) { ids.append(id) }
        }
        return ids
    }

    /// Calls that the token itself has to answer, and one key of those in use. The answer is ``WorkerStatus`` as JSON.
    func checkHealth(into reply: SecureBuffer) throws {
        try session.touch()
        _ = try token.slot.tokenInfo()
        try keys.checkOne(in: session)
        var status = WorkerStatus()
        status.sessions = Session.openCount
        (status.keys, status.copies) = keys.counts
        status.logins = token.anchor.logins
        status.repairs = token.repairs.all
        status.returnValues = ReturnValueTally.all
        reply.appendField(status.jsonBytes)
    }
}
