import CPKCS11

/// The module's table of functions, and the one place where a call becomes an error.
///
/// Sendable because the table never changes once the module has given it, and the module is initialised with
/// CKF_OS_LOCKING_OK, so its functions may be called from any thread.
@safe struct FunctionList: @unchecked Sendable {
    let pointer: UnsafeMutablePointer<CK_FUNCTION_LIST>

    /// Calls a function of the table; a missing one answers CKR_FUNCTION_NOT_SUPPORTED instead of crashing.
    @inline(__always)
    func call<F>(_ name: StaticString, _ entry: F?, _ body: (F) -> CK_RV) throws(PKCS11Error) {
        guard let entry else { throw PKCS11Error(name, .functionNotSupported) }
        try check(name, body(entry))
    }

    @inline(__always)
    func check(_ name: StaticString, _ value: CK_RV) throws(PKCS11Error) {
        guard value == CKR_OK else { throw Self.failure(name, value) }
    }

    @inline(never)
    private static func failure(_ name: StaticString, _ value: CK_RV) -> PKCS11Error {
        let error = PKCS11Error(name, ReturnValue(rawValue: value))
        ReturnValueTally.count(error)
        return error
    }
}
