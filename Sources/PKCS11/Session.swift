import CPKCS11
package import SecureMemory
import Synchronization

/// A session with a token (PKCS#11 v2.40, section 5.6). It may move between threads, and is used by one at a time:
/// that is why it cannot be copied.
///
/// After any error in the middle of an operation the session may be stuck in it: ``renew()`` it.
package struct Session: ~Copyable, Sendable {
    let functions: FunctionList
    private let slot: UInt
    /// Zero, which no session has, while there is none.
    private(set) var handle: UInt = 0
    package private(set) var isOpen = false

    /// Opens a read-write session (C_OpenSession). Read-write also for reading: a login is for all sessions, and some
    /// tokens refuse to mix.
    package init(on slot: Slot) throws(PKCS11Error) {
        self.init(laterOn: slot)
        try open()
    }

    /// A session that is yet to be opened.
    package init(laterOn slot: Slot) {
        functions = slot.module.functions
        self.slot = slot.id
    }

    /// Opens the session when it is not.
    package mutating func open() throws(PKCS11Error) {
        guard !isOpen else { return }
        var fresh: CK_SESSION_HANDLE = 0
        try unsafe functions.call("C_OpenSession", functions.pointer.pointee.C_OpenSession) {
            unsafe $0(slot, CKF_SERIAL_SESSION | CKF_RW_SESSION, nil, nil, &fresh)
        }
        handle = fresh
        isOpen = true
        Self.openSessions.add(1, ordering: .relaxed)
    }

    private static let openSessions = Atomic(0)

    /// How many sessions this process has open.
    package static var openCount: Int { openSessions.load(ordering: .relaxed) }

    /// Closes the session; that this fails does not matter, because a session which cannot be closed is gone.
    package mutating func abandon() {
        guard isOpen else { return }
        isOpen = false
        Self.openSessions.subtract(1, ordering: .relaxed)
        try? unsafe functions.call("C_CloseSession", functions.pointer.pointee.C_CloseSession) { $0(handle) }
        handle = 0
    }

    /// Closes the session and only then opens another: at a token's cap there is no room for two.
    package mutating func renew() throws(PKCS11Error) {
        abandon()
        try open()
    }

    /// Whether the user is logged in (C_GetSessionInfo). Modules may know that without asking the token.
    package borrowing func isLoggedIn() throws(PKCS11Error) -> Bool {
        var info = CK_SESSION_INFO()
        try unsafe functions.call("C_GetSessionInfo", functions.pointer.pointee.C_GetSessionInfo) {
            unsafe $0(handle, &info)
        }
        return info.state == CKS_RW_USER_FUNCTIONS || info.state == CKS_RO_USER_FUNCTIONS
    }

    /// Closes the session and says whether that worked. A session that is dropped without it is closed in silence.
    package consuming func close() throws(PKCS11Error) {
        isOpen = false
        Self.openSessions.subtract(1, ordering: .relaxed)
        try unsafe functions.call("C_CloseSession", functions.pointer.pointee.C_CloseSession) { $0(handle) }
    }

    deinit {
        guard isOpen else { return }
        Self.openSessions.subtract(1, ordering: .relaxed)
        _ = unsafe functions.pointer.pointee.C_CloseSession.map { $0(handle) }
    }

    package enum User: Sendable {
        case user, securityOfficer
    }

    /// Logs in for all sessions of this process with the token (C_Login). To be logged in already is success.
    package borrowing func login(_ user: User = .user, pin: borrowing SecretBytes) throws(PKCS11Error) {
        do {
            try unsafe withPIN(pin) { (text, size) throws(PKCS11Error) in
                try unsafe functions.call("C_Login", functions.pointer.pointee.C_Login) {
                    unsafe $0(handle, user == .user ? CKU_USER : CKU_SO, text, size)
                }
            }
        } catch {
            guard error.returnValue == .userAlreadyLoggedIn else { throw error }
        }
    }

    package borrowing func logout() throws(PKCS11Error) {
        try unsafe functions.call("C_Logout", functions.pointer.pointee.C_Logout) { $0(handle) }
    }

    /// Sets the user's PIN; the security officer must be logged in (C_InitPIN).
    package borrowing func initializePIN(_ pin: borrowing SecretBytes) throws(PKCS11Error) {
        try unsafe withPIN(pin) { (text, size) throws(PKCS11Error) in
            try unsafe functions.call("C_InitPIN", functions.pointer.pointee.C_InitPIN) {
                unsafe $0(handle, text, size)
            }
        }
    }

    private borrowing func withPIN(
        _ pin: borrowing SecretBytes, _ body: (UnsafeMutablePointer<UInt8>?, UInt) throws(PKCS11Error) -> Void
    ) throws(PKCS11Error) {
        try pin.withExposedBytes { (bytes: RawSpan) throws(PKCS11Error) in
            try unsafe bytes.withUnsafeBytes { (raw: UnsafeRawBufferPointer) throws(PKCS11Error) in
                let text = unsafe UnsafeMutableRawPointer(mutating: raw.baseAddress)?.assumingMemoryBound(
                    to: UInt8.self)
                try unsafe body(text, UInt(raw.count))
            }
        }
    }

    /// Fills `output` from the token's generator (C_GenerateRandom).
    package borrowing func generateRandom(into output: inout MutableRawSpan) throws(PKCS11Error) {
        guard output.byteCount > 0 else { return }
        try unsafe output.withUnsafeMutableBytes { (raw: UnsafeMutableRawBufferPointer) throws(PKCS11Error) in
            try unsafe functions.call("C_GenerateRandom", functions.pointer.pointee.C_GenerateRandom) {
                unsafe $0(handle, raw.baseAddress?.assumingMemoryBound(to: UInt8.self), UInt(raw.count))
            }
        }
    }
}
