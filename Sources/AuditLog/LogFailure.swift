import Glibc

/// What the system refused to do with one of the log's files.
package struct LogFailure: Error, Hashable, Sendable, CustomStringConvertible {
    /// As in `write`.
    package let action: String
    package let path: String
    package let code: Int32

    init(_ action: String, _ path: String, _ code: Int32 = errno) {
        self.action = action
        self.path = path
        self.code = code
    }

    package var description: String {
        "cannot \(action) \(path): " + (unsafe String(cString: strerror(code)))
    }
}
