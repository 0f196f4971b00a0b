/// A PKCS#11 call that failed: which function, and what it answered. Holds no data of the call.
package struct PKCS11Error: Error, Hashable, Sendable {
    /// The C function's name, as in `C_Encrypt`.
    package let function: String
    package let returnValue: ReturnValue

    package init(_ function: StaticString, _ returnValue: ReturnValue) {
        self.function = "\(function)"
        self.returnValue = returnValue
    }
}

extension PKCS11Error: CustomStringConvertible {
    package var description: String { "\(function) answered \(returnValue)" }
}

/// A module that cannot be loaded at all.
package struct ModuleLoadError: Error, Hashable, Sendable, CustomStringConvertible {
    package let path: String
    package let reason: String

    package var description: String { "the PKCS#11 module \(path) cannot be loaded: \(reason)" }
}
