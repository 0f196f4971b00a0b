import CPKCS11
package import SecureMemory

// Calls as the checks of a token make them: what counts is what the module answers, error or not.
extension Session {
    /// What C_Login answers, to be logged in already included.
    package borrowing func answerToLogin(pin: borrowing SecretBytes) -> ReturnValue {
        pin.withExposedBytes { (bytes: RawSpan) in
            let value = unsafe bytes.withInput { text, size in
                unsafe functions.pointer.pointee.C_Login.map { unsafe $0(handle, CKU_USER, text, size) }
            }
            return ReturnValue(rawValue: value ?? CKR_FUNCTION_NOT_SUPPORTED)
        }
    }

    /// Whether the session is a read-write one of the logged-in user (CKS_RW_USER_FUNCTIONS).
    package borrowing func isUsers() throws(PKCS11Error) -> Bool {
        var info = CK_SESSION_INFO()
        try unsafe functions.call("C_GetSessionInfo", functions.pointer.pointee.C_GetSessionInfo) {
            unsafe $0(handle, &info)
        }
        return info.state == CKS_RW_USER_FUNCTIONS
    }

    /// Begins a search and leaves it open.
    package borrowing func beginSearch(_ template: [Attribute]) -> ReturnValue {
        unsafe answer(unsafe functions.pointer.pointee.C_FindObjectsInit) { begin in
            unsafe withTemplate(template) { attributes, count in unsafe begin(handle, attributes, count) }
        }
    }

    /// Begins to encrypt and leaves it at that.
    package borrowing func beginEncryption(with key: ObjectHandle, _ mechanism: Mechanism) -> ReturnValue {
        unsafe answer(unsafe functions.pointer.pointee.C_EncryptInit) { begin in
            unsafe mechanism.withRaw { unsafe begin(handle, $0, key.rawValue) }
        }
    }

    /// Begins to sign and leaves it at that.
    package borrowing func beginSignature(with key: ObjectHandle, _ mechanism: Mechanism) -> ReturnValue {
        unsafe answer(unsafe functions.pointer.pointee.C_SignInit) { begin in
            unsafe mechanism.withRaw { unsafe begin(handle, $0, key.rawValue) }
        }
    }

    /// Changes an attribute (C_SetAttributeValue).
    package borrowing func setAttribute(_ attribute: Attribute, of object: ObjectHandle) -> ReturnValue {
        unsafe answer(unsafe functions.pointer.pointee.C_SetAttributeValue) { set in
            unsafe withTemplate([attribute]) { attributes, count in
                unsafe set(handle, object.rawValue, attributes, count)
            }
        }
    }

    /// What decryption by AES-GCM answers, and what it leaves in `output`, which nobody wipes here.
    package borrowing func answerToDecryptionAESGCM(
        _ input: [UInt8], with key: ObjectHandle, iv: [UInt8], aad: [UInt8], leaving output: inout [UInt8]
    ) -> ReturnValue {
        var size = CK_ULONG(output.count)
        let value = unsafe output.withUnsafeMutableBufferPointer { output in
            unsafe cpkcs11_aes_gcm_decrypt(
                functions.pointer, handle, key.rawValue, iv, iv.count, aad, aad.count, input, input.count,
                output.baseAddress, &size
            )
        }
        return ReturnValue(rawValue: value)
    }

    /// What a use of the session answers after it was closed; the session is gone then in any case.
    package mutating func answersAfterClose() -> [String: ReturnValue] {
        let functions = functions
        let handle = handle
        abandon()
        var info = CK_SESSION_INFO()
        var random: UInt8 = 0
        return unsafe [
            "C_GetSessionInfo": Self.answer(unsafe functions.pointer.pointee.C_GetSessionInfo) {
                unsafe $0(handle, &info)
            },
            "C_GenerateRandom": Self.answer(unsafe functions.pointer.pointee.C_GenerateRandom) {
                unsafe $0(handle, &random, 1)
            },
            "C_CloseSession": Self.answer(unsafe functions.pointer.pointee.C_CloseSession) { $0(handle) },
        ]
    }

    /// What a child process that fork() made is answered when it uses what it inherited, or nil when it hangs or dies.
    package borrowing func answersAfterFork(
        _ slot: Slot, _ object: ObjectHandle
    ) -> [(function: String, answer: ReturnValue?)] {
        let names = ["C_GetSessionInfo", "C_GetAttributeValue", "C_OpenSession", "C_Initialize"]
        var answers = [CK_RV](repeating: 0, count: names.count)
        let answered = unsafe answers.withUnsafeMutableBufferPointer {
            unsafe cpkcs11_answers_after_fork(functions.pointer, slot.id, handle, object.rawValue, $0.baseAddress)
        }
        return names.enumerated().map { index, name in
            (name, index < Int(answered) ? ReturnValue(rawValue: answers[index]) : nil)
        }
    }

    private borrowing func answer<F>(_ entry: F?, _ body: (F) -> CK_RV) -> ReturnValue {
        Self.answer(entry, body)
    }

    private static func answer<F>(_ entry: F?, _ body: (F) -> CK_RV) -> ReturnValue {
        entry.map { ReturnValue(rawValue: body($0)) } ?? .functionNotSupported
    }
}

extension Slot {
    /// What the token answers to who makes a key in a session that cannot change it.
    package func answerToCreationReadOnly(_ mechanism: Mechanism, _ template: [Attribute]) throws(PKCS11Error)
        -> ReturnValue
    {
        let functions = module.functions
        var session: CK_SESSION_HANDLE = 0
        try unsafe functions.call("C_OpenSession", functions.pointer.pointee.C_OpenSession) {
            unsafe $0(id, CKF_SERIAL_SESSION, nil, nil, &session)
        }
        defer { _ = unsafe functions.pointer.pointee.C_CloseSession.map { $0(session) } }
        var key: CK_OBJECT_HANDLE = 0
        do throws(PKCS11Error) {
            try unsafe functions.call("C_GenerateKey", functions.pointer.pointee.C_GenerateKey) { generate in
                unsafe mechanism.withRaw { raw in
                    unsafe withTemplate(template) { attributes, count in
                        unsafe generate(session, raw, attributes, count, &key)
                    }
                }
            }
            return .ok
        } catch {
            return error.returnValue
        }
    }

    /// Closes all sessions of this process with the token, and so logs out (C_CloseAllSessions).
    package func closeAllSessions() throws(PKCS11Error) {
        try unsafe module.functions.call(
            "C_CloseAllSessions", module.functions.pointer.pointee.C_CloseAllSessions
        ) { $0(id) }
    }

    /// What the token says of sessions and PINs, for people.
    package func limits() throws(PKCS11Error) -> TokenLimits {
        let info = try rawTokenInfo()
        func limit(_ value: UInt) -> Int? {
            value == cpkcs11_effectively_infinite || value > 1 << 31 ? nil : Int(value)
        }
        return TokenLimits(
            sessions: limit(info.ulMaxSessionCount), readWriteSessions: limit(info.ulMaxRwSessionCount),
            isPINCountLow: info.flags & CKF_USER_PIN_COUNT_LOW != 0,
            hasPINPad: info.flags & CKF_PROTECTED_AUTHENTICATION_PATH != 0,
            isWriteProtected: info.flags & CKF_WRITE_PROTECTED != 0
        )
    }
}

package struct TokenLimits: Sendable {
    /// Nil when the token does not say or has no limit.
    package let sessions: Int?
    package let readWriteSessions: Int?
    /// A wrong PIN was tried since the last right one.
    package let isPINCountLow: Bool
    /// The PIN is entered at the token and not by C_Login.
    package let hasPINPad: Bool
    package let isWriteProtected: Bool
}

extension Module {
    /// What a second C_Initialize answers.
    package func answerToInitialize() -> ReturnValue {
        ReturnValue(rawValue: unsafe cpkcs11_initialize(functions.pointer, nil, true))
    }
}
