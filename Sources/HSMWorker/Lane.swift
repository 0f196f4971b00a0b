import HSMWorkerProtocol
import PKCS11
import SecureMemory

/// One thread's worth of work: a session of its own, and one request at a time from the socket and back.
///
/// Not Sendable: a lane belongs to its thread. Lanes take turns at reading: whoever is free takes the next frame off
/// the socket itself, so no request is handed from thread to thread, and the socket is the queue.
final class Lane {
    let token: Token
    let keys: KeyCache
    let cipher: AESGCM
    var session: Session
    var ivs = IVPool()

    init(_ token: Token, _ keys: KeyCache) throws(PKCS11Error) {
        self.token = token
        self.keys = keys
        cipher = AESGCM(token.profile)
        session = try Session(on: token.slot)
    }

    /// Does what `request` asks and writes the whole answer into `reply`. Answers whether this process may go on.
    func serve(_ request: SecureBuffer, into reply: SecureBuffer) -> Bool {
        var failure = attempt(request, into: reply)
        // A session at fault has been replaced, and the request is done once more: in it nothing had happened yet.
        if let first = failure, first.status == .unavailable, !first.endsGeneration {
            failure = attempt(request, into: reply)
        }
        guard let failure else { return true }
        reply.removeAll()
        reply.beginFrame(request.frameID, failure.status.rawValue)
        unsafe reply.appendField(Array(failure.text.utf8.prefix(1024)).span.bytes)
        reply.endFrame()
        return !failure.endsGeneration
    }

    private func attempt(_ request: SecureBuffer, into reply: SecureBuffer) -> OperationFailure? {
        reply.removeAll()
        reply.beginFrame(request.frameID, Status.ok.rawValue)
        do {
            try perform(request, into: reply)
            reply.endFrame()
            return nil
        } catch let failure as OperationFailure {
            dropSession()
            return failure
        } catch let error as PKCS11Error {
            dropSession()
            return OperationFailure(error)
        } catch let error as FrameError {
            return OperationFailure(.failed, error.reason)
        } catch {
            dropSession()
            return OperationFailure(.failed, "\(error)")
        }
    }

    /// After any failed call the session may be stuck in the middle of an operation: it is never used again.
    func dropSession() {
        if let fresh = try? Session(on: token.slot) { session = fresh }
    }

    private func perform(_ request: SecureBuffer, into reply: SecureBuffer) throws {
        var fields = FrameCursor(request)
        switch Operation(rawValue: request.frameCode) {
        case .encrypt: try encrypt(&fields, into: reply)
        case .decrypt: try decrypt(&fields, into: reply)
        case .generateDataKey: try generateDataKey(&fields, into: reply, showingPlaintext: true)
        case .generateDataKeyWithoutPlaintext: try generateDataKey(&fields, into: reply, showingPlaintext: false)
        case .reEncrypt: try reEncrypt(&fields, into: reply)
        case .generateRandom: try generateRandom(&fields, into: reply)
        case .generateKey: try generateKey(&fields, into: reply)
        case .destroyKey: try destroyKey(&fields)
        case .forgetKey: try keys.forget(KeyCache.ID(&fields))
        case .verifyKey: try verifyKey(&fields)
        case .inventory: try inventory(&fields, into: reply)
        case .checkHealth: try checkHealth()
        case .sign: try sign(&fields, into: reply)
        case .generateMAC: try generateMAC(&fields, into: reply)
        case .decryptRSA: try decryptRSA(&fields, into: reply)
        case .deriveSharedSecret: try deriveSharedSecret(&fields, into: reply)
        case .generateDataKeyPair: try generateDataKeyPair(&fields, into: reply, showingPrivateKey: true)
        case .generateDataKeyPairWithoutPlaintext:
            try generateDataKeyPair(&fields, into: reply, showingPrivateKey: false)
        case .importKey: try importKey(&fields, into: reply)
        case .identifyKey: try identifyKey(&fields, into: reply)
        case .checkSupport: try checkSupport(&fields)
        case .configure, nil: throw FrameError("no lane serves operation \(request.frameCode)")
        }
    }
}
