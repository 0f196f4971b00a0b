import CPKCS11

/// A PKCS#11 module: a vendor's library, loaded into this process and initialised.
///
/// It is never unloaded: a module may have threads of its own. Sendable because the function table is: see there.
package final class Module: Sendable {
    let functions: FunctionList

    /// The library's own words for itself (CK_INFO).
    package let description: String

    /// Whether several threads may call the module: it locks what they share.
    package let isThreadSafe: Bool

    /// Loads the module at an absolute path and initialises it with OS locking (C_Initialize, section 5.4).
    ///
    /// One that cannot lock is initialised for a single thread: see ``isThreadSafe``. `initArguments` is passed as
    /// pReserved; only modules that need such a string take one (NSS).
    package init(path: String, initArguments: String? = nil) throws {
        functions = try Self.load(path)
        isThreadSafe = try Self.initialize(functions, initArguments)
        description = try Self.describe(functions)
    }

    private static func load(_ path: String) throws(ModuleLoadError) -> FunctionList {
        var reason = [CChar](repeating: 0, count: 512)
        let size = reason.count
        let pointer = unsafe cpkcs11_open_module(path, &reason, size)
        guard let pointer = unsafe pointer else {
            let text = reason.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
            throw ModuleLoadError(path: path, reason: String(decoding: text, as: UTF8.self))
        }
        return unsafe FunctionList(pointer: pointer)
    }

    /// Answers whether the module locks.
    private static func initialize(_ functions: FunctionList, _ arguments: String?) throws(PKCS11Error) -> Bool {
        do throws(PKCS11Error) {
            try initialize(functions, arguments, locking: true)
            return true
        } catch {
            guard error.returnValue == .cantLock else { throw error }
            try initialize(functions, arguments, locking: false)
            return false
        }
    }

    private static func initialize(
        _ functions: FunctionList, _ arguments: String?, locking: Bool
    ) throws(PKCS11Error) {
        let value: CK_RV
        if var bytes = arguments?.utf8CString {
            value = unsafe bytes.withUnsafeMutableBufferPointer {
                unsafe cpkcs11_initialize(functions.pointer, $0.baseAddress, locking)
            }
        } else {
            value = unsafe cpkcs11_initialize(functions.pointer, nil, locking)
        }
        try functions.check("C_Initialize", value)
    }

    private static func describe(_ functions: FunctionList) throws(PKCS11Error) -> String {
        var info = CK_INFO()
        try unsafe functions.call("C_GetInfo", functions.pointer.pointee.C_GetInfo) { unsafe $0(&info) }
        let version = "\(info.libraryVersion.major).\(info.libraryVersion.minor)"
        return "\(paddedText(info.manufacturerID)), \(paddedText(info.libraryDescription)) \(version)"
    }

    /// Ends the module's work (C_Finalize). No session of it may be used afterwards.
    package func finalize() throws(PKCS11Error) {
        try unsafe functions.call("C_Finalize", functions.pointer.pointee.C_Finalize) { $0(nil) }
    }

    /// The slots that hold a token, initialised or not (C_GetSlotList).
    package func slotsWithToken() throws(PKCS11Error) -> [Slot] {
        var count: CK_ULONG = 0
        try unsafe functions.call("C_GetSlotList", functions.pointer.pointee.C_GetSlotList) {
            unsafe $0(CK_BBOOL(1), nil, &count)
        }
        // A slot may come in between the two calls: ask with some room.
        var ids = [CK_SLOT_ID](repeating: 0, count: Int(count) + 8)
        count = CK_ULONG(ids.count)
        try unsafe functions.call("C_GetSlotList", functions.pointer.pointee.C_GetSlotList) {
            unsafe $0(CK_BBOOL(1), &ids, &count)
        }
        return ids.prefix(Int(count)).map { Slot(module: self, id: $0) }
    }
}
