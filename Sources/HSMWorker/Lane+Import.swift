import HSMWorkerProtocol
import LibCrypto
import PKCS11
import SecureMemory
import Synchronization

extension Lane {
    /// Unwraps material into the object of the given id. Fields: id, spec, usage, wrapping key, algorithm, wrapped
    /// material, the check value that it has to fit or nothing. The answer is the check value, the public key of a
    /// pair, and in one byte where the material was in the clear.
    ///
    /// What the material is, a session object shows first. The token's object is made of the same bytes again, so no
    /// input that is wrong ever makes one.
    func importKey(_ fields: inout FrameCursor, into reply: SecureBuffer) throws {
        let id = try KeyCache.ID(&fields)
        let request = try importRequest(&fields)
        let expected = try fields.bytes()
        let objects = SessionObjects()
        defer { end(objects) }
        let opened = try open(request, openingWay(for: request), objects)
        let trial = try tryOut(opened, request, objects)
        guard try expected.isEmpty || isOf(expected, trial, id.bytes, request) else {
            throw OperationFailure(.incorrectKeyMaterial, "it is not the material that was imported before")
        }
        let object = try makeTokenObject(of: opened, id, request.template)
        do {
            let fault = try request.template.fault(
                of: object, id: id.bytes, isCopy: false, isLocal: false, in: session)
            if let fault {
                throw OperationFailure(.failed, "the token made a key that it should not have: \(fault)")
            }
            let made = try CheckValue.make(
                for: object, id: id.bytes, request.template, publicKey: trial.publicKey, isLocal: false, in: self)
            guard
                try expected.isEmpty
                    || isOf(
                        expected, ImportTrial(object: object, publicKey: trial.publicKey),
                        id.bytes, request)
            else { throw OperationFailure(.failed, "the token made another key of the same material") }
            reply.appendField(expected.isEmpty ? made : expected)
            reply.appendField(trial.publicKey)
            reply.append(opened.way.place.rawValue)
        } catch {
            // In the session that made it, which may be stuck but still destroys.
            try? keys.catalogue.withLock { _ throws in try session.destroyObject(object) }
            throw error
        }
    }

    /// Fields: spec, usage, wrapping key, algorithm, wrapped material, count in two bytes, so many keys. The answer is
    /// the index of the key that the material is, or the largest number.
    func identifyKey(_ fields: inout FrameCursor, into reply: SecureBuffer) throws {
        let request = try importRequest(&fields)
        let count = Int(try fields.integer(as: UInt16.self))
        var candidates: [(id: KeyCache.ID, checkValue: [UInt8])] = []
        for _ in 0..<count { candidates.append((try KeyCache.ID(&fields), try fields.bytes())) }
        let objects = SessionObjects()
        defer { end(objects) }
        let opened = try open(request, openingWay(for: request), objects)
        let trial = try tryOut(opened, request, objects)
        let index = try candidates.firstIndex { try isOf($0.checkValue, trial, $0.id.bytes, request) }
        reply.append(bigEndian: index.map { UInt32($0) } ?? .max)
    }

    /// Whether a check value that the object `id` had is of this material.
    func isOf(
        _ bytes: [UInt8], _ trial: ImportTrial, _ id: [UInt8], _ request: ImportRequest
    ) throws -> Bool {
        guard let value = CheckValue(bytes), value.template.isLike(request.template) else { return false }
        // Two pairs are the same when their public keys are, which the private key has confirmed.
        if request.template.isKeyPair { return value.publicKey == trial.publicKey }
        return try value.isRight(for: trial.object, id: id, token, in: session)
    }

    func makeTokenObject(
        of opened: OpenedImport, _ id: KeyCache.ID, _ template: KeyTemplate
    ) throws -> ObjectHandle {
        let attributes = template.importTemplate(id: id.bytes, isToken: true, omitting: token.profile.omitAttributes)
        return try keys.catalogue.withLock { _ throws in
            try expectNone(id)
            return try makeObject(of: opened, attributes, template)
        }
    }
}
