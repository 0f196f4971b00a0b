import HSMWorkerProtocol
import LibCrypto
import PKCS11
import SecureMemory
import Synchronization

// A key's way from one token to another: wrapped here under a public key whose private part is in the other, and
// unwrapped there. It is possible for keys alone that were made for it, and in the clear they are in neither worker.
extension Lane {
    /// Wraps a key for another token. Fields: the key, the public key of the other's wrapping key, algorithm.
    func wrapKey(_ fields: inout FrameCursor, into reply: SecureBuffer) throws {
        let id = try KeyCache.ID(&fields)
        let checkValue = try fields.bytes()
        let spki = try fields.bytes()
        let name = try fields.text()
        let key = try keys.resolve(id, checkValue: checkValue, in: session)
        guard key.template.isMovable else {
            throw OperationFailure(.failed, "the key \(id.text) was not made to leave its token")
        }
        guard let algorithm = WrappingAlgorithm.named(name) else {
            throw OperationFailure(.unsupported, "this worker wraps nothing by \(name)")
        }
        guard let publicKey = try? PublicKey(subjectPublicKeyInfo: spki), case .rsa = publicKey.kind else {
            throw OperationFailure(.failed, "the wrapping key is no RSA public key")
        }
        let wrapping = try KeyWrapping(
            token, under: publicKey, isTrusted: key.template.mobility == .wrappedByTrusted)
        do {
            reply.appendField(try wrapping.wrap(key.handle, by: algorithm).0)
        } catch let problem as WrappingProblem {
            throw harmless(
                .unsupported, "the token does not wrap a key \(key.template.spec) by \(algorithm.name): \(problem)")
        }
    }

    /// Unwraps what another token wrapped, as ``importKey(_:into:)`` does. Fields: id, spec, usage, wrapping key,
    /// algorithm, wrapped key, the other token's key that it has to be. The answer is the check value and the public key
    /// of a pair.
    func unwrapKey(_ fields: inout FrameCursor, into reply: SecureBuffer) throws {
        let id = try KeyCache.ID(&fields)
        let request = try importRequest(&fields, isMovable: true)
        let source = try KeyCache.ID(&fields)
        let expected = try fields.bytes()
        let objects = SessionObjects()
        defer { end(objects) }
        let opened = try open(request, openingWay(for: request), objects)
        let trial = try tryOut(opened, request, objects)
        guard try isOf(expected, trial, source.bytes, request) else {
            throw OperationFailure(.incorrectKeyMaterial, "it is not the key that was to be moved")
        }
        let object = try makeTokenObject(of: opened, id, request.template)
        do {
            let fault = try request.template.fault(
                of: object, id: id.bytes, isCopy: false, isLocal: false, in: session)
            if let fault {
                throw OperationFailure(.failed, "the token made a key that it should not have: \(fault)")
            }
            let made = ImportTrial(object: object, publicKey: trial.publicKey)
            guard try isOf(expected, made, source.bytes, request) else {
                throw OperationFailure(.failed, "the token made another key of the same material")
            }
            reply.appendField(
                try CheckValue.make(
                    for: object, id: id.bytes, request.template, publicKey: trial.publicKey, isLocal: false, in: self))
            reply.appendField(trial.publicKey)
        } catch {
            // In the session that made it, which may be stuck but still destroys.
            try? keys.catalogue.withLock { _ throws in try session.destroyObject(object) }
            throw error
        }
    }
}
