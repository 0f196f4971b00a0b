import CPKCS11
package import SecureMemory

/// A session with a token (PKCS#11 v2.40, section 5.6). It may move between threads, and is used by one at a time:
/// that is why it cannot be copied.
///
/// After any error in the middle of an operation the session may be stuck in it: close it and open another.
package struct Session: ~Copyable, Sendable {
    let functions: FunctionList
    let handle: UInt
    private var isOpen = true

    /// Opens a read-write session (C_OpenSession). Read-write also for reading: a login is for all sessions, and some
    /// tokens refuse to mix.
    package init(on slot: Slot) throws(PKCS11Error) {
        functions = slot.module.functions
        var handle: CK_SESSION_HANDLE = 0
        try unsafe functions.call("C_OpenSession", functions.pointer.pointee.C_OpenSession) {
            unsafe $0(slot.id, CKF_SERIAL_SESSION | CKF_RW_SESSION, nil, nil, &handle)
        }
        self.handle = handle
    }

    /// Closes the session and says whether that worked. A session that is dropped without it is closed in silence.
    package consuming func close() throws(PKCS11Error) {
        isOpen = false
        try unsafe functions.call("C_CloseSession", functions.pointer.pointee.C_CloseSession) { $0(handle) }
    }

    deinit {
        guard isOpen else { return }
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
