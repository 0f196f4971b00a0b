import HSMWorkerProtocol
import PKCS11
import SecureMemory
import Synchronization

/// One thread's worth of work: a session of its own, and one request at a time from the socket and back.
///
/// Not Sendable: a lane belongs to its thread. Lanes take turns at reading: whoever is free takes the next frame off
/// the socket itself, so no request is handed from thread to thread, and the socket is the queue.
final class Lane {
    let token: Token
    let keys: KeyCache
    let cipher: AESGCM
    /// Closed when a call of it failed; opened again before the next request.
    var session: Session
    var ivs = IVPool()
    /// The object that is being made: its id was free, and who asked has it on record.
    private var creation: KeyCache.ID?
    /// Whether the next failure says that the session is as good as before.
    private var isSessionClean = false
    /// How many requests in a row no repair helped.
    private var setbacks = 0

    /// A lane whose session is opened by and by.
    init(openingLater token: Token, _ keys: KeyCache) {
        self.token = token
        self.keys = keys
        cipher = AESGCM(token.profile)
        session = Session(laterOn: token.slot)
    }

    convenience init(_ token: Token, _ keys: KeyCache) throws(PKCS11Error) {
        self.init(openingLater: token, keys)
        try session.open()
    }

    /// Does what `request` asks and writes the whole answer into `reply`. Answers whether this process may go on.
    func serve(_ request: SecureBuffer, into reply: SecureBuffer) -> Bool {
        let logins = token.anchor.logins
        do {
            do {
                try attempt(request, into: reply)
            } catch {
                try recover(from: error, of: request, logins)
                try attempt(request, into: reply)
            }
            if setbacks > 0 { setbacks = 0 }
            return true
        } catch {
            let failure = failure(error)
            undoCreation()
            reply.removeAll()
            reply.beginFrame(request.frameID, failure.status.rawValue)
            unsafe reply.appendField(Array(failure.text.utf8.prefix(1024)).span.bytes)
            reply.endFrame()
            return !failure.endsGeneration
        }
    }

    private func attempt(_ request: SecureBuffer, into reply: SecureBuffer) throws {
        reply.removeAll()
        reply.beginFrame(request.frameID, Status.ok.rawValue)
        do {
            try session.open()
            try perform(request, into: reply)
        } catch let error as FrameError {
            throw error
        } catch {
            // After any failed call the session may be stuck in the middle of an operation: it is never used again.
            if !isSessionClean { session.abandon() }
            isSessionClean = false
            throw error
        }
        creation = nil
        reply.endFrame()
    }

    /// Instead of a session that may be stuck: closed first, because at a token's cap there is no room for two.
    func renewSession() throws(PKCS11Error) {
        token.repairs.count(.session)
        try session.renew()
    }

    /// A failure that left the session as good as it was, or came with another one.
    func harmless(_ status: Status, _ text: String) -> OperationFailure {
        isSessionClean = true
        return OperationFailure(status, text)
    }

    /// What to say of an error that was not mended.
    private func failure(_ error: any Error) -> OperationFailure {
        switch error {
        case let failure as OperationFailure:
            return failure
        case let error as FrameError:
            return OperationFailure(.failed, error.reason)
        case let error as OperatorError:
            var failure = OperationFailure(.operatorNeeded, error.description)
            failure.endsGeneration = true
            return failure
        case let error as PKCS11Error:
            let failureClass = token.failureClass(of: error)
            switch failureClass {
            case .session, .login, .object:
                // Now and then this is the request's own fate. When nothing else comes, the next rung is a new worker.
                setbacks += 1
                if setbacks >= 3 { return OperationFailure(endOfGeneration: "\(error), again and again") }
            case .capacity, .generation, .data, .refused: break
            }
            return OperationFailure(error, failureClass)
        default:
            return OperationFailure(.failed, "\(error)")
        }
    }

    // MARK: Repair

    /// Puts right what a failed attempt needs for another one; throws where there is none. What an attempt did before
    /// it failed has no effect, or is undone here.
    private func recover(from error: any Error, of request: SecureBuffer, _ logins: Int) throws {
        if let failure = error as? OperationFailure {
            guard failure.isRefusedImport(request) || failure.isDoubtful && creation == nil else { throw error }
            return
        }
        guard let error = error as? PKCS11Error else { throw error }
        switch token.failureClass(of: error) {
        case .session:
            token.repairs.count(.session)
        case .login:
            try keys.logInAgain(since: logins)
        case .object:
            token.repairs.count(.object)
        case .capacity:
            // Of memory, not of sessions: there may be room once the copies are gone.
            guard error.returnValue != .sessionCount, keys.dropCopies() else { throw error }
        case .generation, .refused:
            // Some tokens fail to make an object while another is looked for, and leave a half-made one behind.
            guard creation != nil, Self.passingCreationErrors.contains(error.returnValue) else { throw error }
            token.repairs.count(.session)
        case .data:
            throw error
        }
        guard creation == nil || undoCreation() else { throw error }
    }

    private static let passingCreationErrors: Set<ReturnValue> = [
        .generalError, .functionFailed, .templateInconsistent,
    ]

    /// Notes which object is about to be made, of whose id there is none.
    func beginCreation(of id: KeyCache.ID) {
        creation = id
    }

    /// Destroys what a failed creation left, in a session of its own. Answers whether nothing is left.
    @discardableResult private func undoCreation() -> Bool {
        guard let id = creation else { return true }
        creation = nil
        do {
            try session.open()
            try keys.catalogue.withLock { _ throws in
                for object in try session.findObjects([Attribute(.id, id.bytes)]) { try session.destroyObject(object) }
            }
            return true
        } catch {
            session.abandon()
            return false
        }
    }

    // MARK: Between requests

    /// Opens a session where there is none. Throws when the token gives none.
    func prepare() throws(PKCS11Error) {
        try session.open()
    }

    /// Uses the session once, and replaces one that died.
    func keepAlive() throws(PKCS11Error) {
        guard session.isOpen else { return }
        do throws(PKCS11Error) {
            try session.touch()
        } catch {
            try renewSession()
        }
    }

    private func perform(_ request: SecureBuffer, into reply: SecureBuffer) throws {
        var fields = FrameCursor(request)
        switch Operation(rawValue: request.frameCode) {
        case .encrypt: try encrypt(&fields, into: reply)
        case .decrypt: try decrypt(&fields, into: reply)
        case .encryptConfirmed: try encryptConfirmed(&fields, into: reply)
        case .generateDataKey: try generateDataKey(&fields, into: reply, showingPlaintext: true)
        case .generateDataKeyWithoutPlaintext: try generateDataKey(&fields, into: reply, showingPlaintext: false)
        case .reEncrypt: try reEncrypt(&fields, into: reply)
        case .generateRandom: try generateRandom(&fields, into: reply)
        case .generateKey: try generateKey(&fields, into: reply)
        case .destroyKey: try destroyKey(&fields)
        case .forgetKey: keys.forget(try KeyCache.ID(&fields))
        case .verifyKey: try verifyKey(&fields)
        case .inventory: try inventory(&fields, into: reply)
        case .checkHealth: try checkHealth(into: reply)
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
        case .generateMovableKey: try generateMovableKey(&fields, into: reply)
        case .wrapKey: try wrapKey(&fields, into: reply)
        case .unwrapKey: try unwrapKey(&fields, into: reply)
        case .showsObject: try showsObject(&fields, into: reply)
        case .adoptKey: try adoptKey(&fields, into: reply)
        case .configure, nil: throw FrameError("no lane serves operation \(request.frameCode)")
        }
    }
}
