import Synchronization

/// How often each function answered something other than CKR_OK since the process began. Successes are not counted:
/// they cost nothing.
package enum ReturnValueTally {
    private static let counts = Mutex<[PKCS11Error: Int]>([:])

    static func count(_ error: PKCS11Error) {
        counts.withLock { $0[error, default: 0] += 1 }
    }

    /// By function and value, as in `C_Encrypt CKR_DEVICE_ERROR`.
    package static var all: [String: Int] {
        let counts = counts.withLock { $0 }
        return Dictionary(counts.map { ("\($0.key.function) \($0.key.returnValue.name)", $0.value) }) { $0 + $1 }
    }
}
