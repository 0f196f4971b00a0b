import CPKCS11
import SecureMemory

// Encryption and decryption functions: PKCS#11 v2.40, sections 5.8 and 5.9. All in one part, into room that is large
// enough: several modules get the query for a length wrong.
extension Session {
    /// AES-GCM with a 96-bit IV and a 128-bit tag. `output` needs the input's size and 16 bytes for the tag. The
    /// module may write `iv` when it makes its own. Answers how many bytes were written.
    package borrowing func encryptAESGCM(
        _ input: RawSpan, with key: ObjectHandle, iv: inout MutableRawSpan, aad: RawSpan,
        into output: inout MutableRawSpan
    ) throws(PKCS11Error) -> Int {
        var size = CK_ULONG(output.byteCount)
        let value = unsafe iv.withOutput { iv, ivSize in
            unsafe aad.withInput { aad, aadSize in
                unsafe input.withInput { input, inputSize in
                    unsafe output.withOutput { output, _ in
                        unsafe cpkcs11_aes_gcm_encrypt(
                            functions.pointer, handle, key.rawValue, iv, Int(ivSize), aad, Int(aadSize), input,
                            Int(inputSize), output, &size
                        )
                    }
                }
            }
        }
        guard value == CKR_OK else {
            try functions.check(size == cpkcs11_unavailable_information ? "C_EncryptInit" : "C_Encrypt", value)
            return 0
        }
        return try checked(size, output.byteCount, "C_Encrypt")
    }

    /// The counterpart; `input` is ciphertext and tag, and `output` needs as much room: modules ask for it. Whatever
    /// a failed call left there is wiped.
    package borrowing func decryptAESGCM(
        _ input: RawSpan, with key: ObjectHandle, iv: RawSpan, aad: RawSpan, into output: inout MutableRawSpan
    ) throws(PKCS11Error) -> Int {
        var size = CK_ULONG(output.byteCount)
        let value = unsafe iv.withInput { iv, ivSize in
            unsafe aad.withInput { aad, aadSize in
                unsafe input.withInput { input, inputSize in
                    unsafe output.withOutput { output, _ in
                        unsafe cpkcs11_aes_gcm_decrypt(
                            functions.pointer, handle, key.rawValue, iv, Int(ivSize), aad, Int(aadSize), input,
                            Int(inputSize), output, &size
                        )
                    }
                }
            }
        }
        guard value == CKR_OK else {
            output.wipe()
            try functions.check(size == cpkcs11_unavailable_information ? "C_DecryptInit" : "C_Decrypt", value)
            return 0
        }
        return try checked(size, output.byteCount, "C_Decrypt")
    }

    /// Encrypts with any other mechanism; answers how many bytes were written.
    package borrowing func encrypt(
        _ input: RawSpan, with key: ObjectHandle, _ mechanism: Mechanism, into output: inout MutableRawSpan
    ) throws(PKCS11Error) -> Int {
        try unsafe functions.call("C_EncryptInit", functions.pointer.pointee.C_EncryptInit) { begin in
            unsafe mechanism.withRaw { unsafe begin(handle, $0, key.rawValue) }
        }
        let encrypt = unsafe functions.pointer.pointee.C_Encrypt
        return try unsafe transform("C_Encrypt", unsafe encrypt, input, &output)
    }

    /// Decrypts with any other mechanism; answers how many bytes were written.
    package borrowing func decrypt(
        _ input: RawSpan, with key: ObjectHandle, _ mechanism: Mechanism, into output: inout MutableRawSpan
    ) throws(PKCS11Error) -> Int {
        try unsafe functions.call("C_DecryptInit", functions.pointer.pointee.C_DecryptInit) { begin in
            unsafe mechanism.withRaw { unsafe begin(handle, $0, key.rawValue) }
        }
        let decrypt = unsafe functions.pointer.pointee.C_Decrypt
        do {
            return try unsafe transform("C_Decrypt", unsafe decrypt, input, &output)
        } catch {
            output.wipe()
            throw error
        }
    }

    /// Signs, or makes a MAC of, `input`; answers how many bytes were written (C_Sign, section 5.11).
    package borrowing func sign(
        _ input: RawSpan, with key: ObjectHandle, _ mechanism: Mechanism, into output: inout MutableRawSpan
    ) throws(PKCS11Error) -> Int {
        try unsafe functions.call("C_SignInit", functions.pointer.pointee.C_SignInit) { begin in
            unsafe mechanism.withRaw { unsafe begin(handle, $0, key.rawValue) }
        }
        let sign = unsafe functions.pointer.pointee.C_Sign
        return try unsafe transform("C_Sign", unsafe sign, input, &output)
    }

    /// Whether `signature` is the one of `input` (C_Verify, section 5.12).
    package borrowing func verify(
        _ signature: RawSpan, of input: RawSpan, with key: ObjectHandle, _ mechanism: Mechanism
    ) throws(PKCS11Error) -> Bool {
        try unsafe functions.call("C_VerifyInit", functions.pointer.pointee.C_VerifyInit) { begin in
            unsafe mechanism.withRaw { unsafe begin(handle, $0, key.rawValue) }
        }
        let function = unsafe functions.pointer.pointee.C_Verify
        guard let verify = unsafe function else { throw PKCS11Error("C_Verify", .functionNotSupported) }
        let value = unsafe input.withInput { input, inputSize in
            unsafe signature.withInput { signature, signatureSize in
                unsafe verify(handle, input, inputSize, signature, signatureSize)
            }
        }
        switch ReturnValue(rawValue: value) {
        case .ok: return true
        case .signatureInvalid, .signatureLenRange: return false
        case let other: throw PKCS11Error("C_Verify", other)
        }
    }

    /// The shape that C_Encrypt, C_Decrypt and C_Sign share.
    private typealias Transform =
        @convention(c) (
            CK_SESSION_HANDLE, UnsafeMutablePointer<UInt8>?, CK_ULONG, UnsafeMutablePointer<UInt8>?,
            UnsafeMutablePointer<CK_ULONG>?
        ) -> CK_RV

    private borrowing func transform(
        _ name: StaticString, _ function: Transform?, _ input: RawSpan, _ output: inout MutableRawSpan
    ) throws(PKCS11Error) -> Int {
        guard let function = unsafe function else { throw PKCS11Error(name, .functionNotSupported) }
        var size = CK_ULONG(output.byteCount)
        let value = unsafe input.withInput { input, inputSize in
            unsafe output.withOutput { output, _ in unsafe function(handle, input, inputSize, output, &size) }
        }
        try functions.check(name, value)
        return try checked(size, output.byteCount, name)
    }

    /// A module that says it wrote more than there was room for is broken, and memory with it.
    borrowing func checked(_ size: CK_ULONG, _ room: Int, _ name: StaticString) throws(PKCS11Error) -> Int {
        guard size <= UInt(room) else { throw PKCS11Error(name, .bufferTooSmall) }
        return Int(size)
    }
}
