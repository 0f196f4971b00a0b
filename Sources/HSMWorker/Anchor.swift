import HSMWorkerProtocol
import PKCS11
import SecureMemory
import Synchronization

/// The session that no request uses. It is held for life: closing the last session would log out, and kill every handle.
/// Session copies of keys are its objects, so they live as long as it does.
final class Anchor: Sendable {
    private let slot: Slot
    private let isLoginRequired: Bool
    private let state: Mutex<State>
    private let relogin: Relogin?
    private let loginCount: Atomic<Int>

    private struct State: ~Copyable {
        var session: Session
        /// Which session it is: copies of an earlier one are gone.
        var number = 0
    }

    /// Opens the session, and logs in where there is a PIN.
    init(
        _ slot: Slot, _ info: TokenInfo, _ pin: consuming SecretBytes?, _ ledger: LoginLedger?, _ relogin: Relogin?
    ) throws {
        self.slot = slot
        isLoginRequired = info.isLoginRequired && pin != nil
        self.relogin = relogin
        let session = try Session(on: slot)
        var logins = 0
        if let pin {
            try Self.login(session, pin, ledger)
            logins = 1
        }
        loginCount = Atomic(logins)
        state = Mutex(State(session: session))
    }

    /// How often C_Login was called. Whoever sees that the login is gone tells how often it had been when they began.
    var logins: Int { loginCount.load(ordering: .relaxed) }

    // MARK: Logging in

    private static let pinErrors: Set<ReturnValue> = [
        .pinIncorrect, .pinInvalid, .pinLenRange, .pinExpired, .pinLocked,
    ]

    private static func login(
        _ session: borrowing Session, _ pin: borrowing SecretBytes, _ ledger: LoginLedger?
    ) throws {
        do throws(LoginRefusal) {
            try ledger?.begin()
        } catch {
            throw error.isLasting ? OperatorError(error.description, fault: .pinRefused) : error
        }
        do throws(PKCS11Error) {
            try session.login(pin: pin)
            ledger?.end(isAccepted: true)
        } catch {
            let isRefusal = pinErrors.contains(error.returnValue)
            guard isRefusal else { throw error }
            ledger?.end(isAccepted: false)
            throw OperatorError(
                "the token refused the PIN: \(error); no other login is tried with it",
                fault: error.returnValue == .pinLocked ? .pinLocked : .pinRefused)
        }
    }

    /// Throws when a wrong PIN would lock the token, or it is locked.
    static func expectLoginIsSafe(_ info: TokenInfo) throws(OperatorError) {
        guard !info.isUserPINLocked else {
            throw OperatorError(
                "the user PIN of the token \(info.label) is locked; the security officer can set a new one",
                fault: .pinLocked)
        }
        guard !info.isUserPINFinalTry else {
            throw OperatorError(
                "one more wrong PIN would lock the token \(info.label), so no login is tried; log in once by hand with "
                    + "the right PIN, then start again", fault: .pinLocked
            )
        }
    }

    /// Logs in once more, unless that has been done since there were `seen` logins. One login is for all sessions.
    func logInAgain(since seen: Int) throws {
        try state.withLock { state throws in
            guard logins == seen else { return }
            try logIn(&state)
        }
    }

    private func logIn(_ state: inout State) throws {
        guard let relogin else {
            throw OperationFailure(
                endOfGeneration: "the login is gone, and this PIN source cannot be read a second time")
        }
        // Not while another worker starts: some tokens fail both then.
        let turn = StartLock(relogin.lockPath)
        try Self.expectLoginIsSafe(try slot.tokenInfo())
        let ledger = relogin.ledger
        let pin = try relogin.source.read()
        if !state.session.isOpen { try renew(&state) }
        loginCount.add(1, ordering: .relaxed)
        try Self.login(state.session, pin, ledger)
        _ = consume turn
    }

    // MARK: Keeping alive

    /// Uses the session once. One that died is replaced, and the login with it where that was the last. Answers
    /// whether the copies are gone.
    func keepAlive(_ classes: ReturnValueClasses) throws -> Bool {
        try state.withLock { state throws in
            let number = state.number
            do throws(PKCS11Error) {
                try state.session.touch()
            } catch {
                switch classes[error] {
                case .session, .login, .object: try renew(&state)
                case .capacity: return false
                case .generation, .data, .refused: throw error
                }
            }
            if isLoginRequired, try !state.session.isLoggedIn() { try logIn(&state) }
            return state.number != number
        }
    }

    private func renew(_ state: inout State) throws(PKCS11Error) {
        state.number += 1
        try state.session.renew()
    }

    // MARK: Session copies

    /// A session copy of `original`, and the number of the session that it belongs to.
    func copy(
        _ original: ObjectHandle, _ template: [Attribute], _ classes: ReturnValueClasses
    ) throws(PKCS11Error) -> (ObjectHandle, session: Int) {
        try state.withLock { (state: inout State) throws(PKCS11Error) in
            do throws(PKCS11Error) {
                return (try state.session.copyObject(original, template), state.number)
            } catch {
                guard classes[error] == .session else { throw error }
                try renew(&state)
                return (try state.session.copyObject(original, template), state.number)
            }
        }
    }

    /// Destroys a copy, unless its session took it along. Where that fails, there is nothing left to destroy.
    func destroyCopy(_ copy: ObjectHandle, of session: Int) {
        state.withLock { state in
            guard state.number == session, state.session.isOpen else { return }
            try? state.session.destroyObject(copy)
        }
    }
}

/// How a worker logs in a second time: only by a source that can be read again.
struct Relogin: Sendable {
    let source: PINSource
    let lockPath: String?
    private let settings: WorkerSettings

    /// The ledger for the PIN that is read next.
    var ledger: LoginLedger? { LoginLedger(settings) }

    init?(_ settings: WorkerSettings) {
        switch settings.pinSource {
        case .file, .credential: source = settings.pinSource
        // A command would be a process started beside a module's threads; the others are empty once they were read.
        case .command, .descriptor, .environment, .handed: return nil
        }
        lockPath = settings.startLockPath
        self.settings = settings
    }
}

extension Session {
    /// A call that the token itself has to answer, and that costs it next to nothing.
    borrowing func touch() throws(PKCS11Error) {
        var bytes: InlineArray<8, UInt8> = .init(repeating: 0)
        var span = bytes.mutableSpan
        var output = unsafe span.mutableBytes
        try generateRandom(into: &output)
    }
}
