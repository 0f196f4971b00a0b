/// Why no answer of the service came back.
package struct KMSTransportError: Error, Sendable, CustomStringConvertible {
    /// In lower case, without a full stop, for a line that begins with `error:`.
    package let message: String
    package let hint: String?
    /// What the layer below reported.
    package let cause: (any Error)?

    init(_ message: String, hint: String? = nil, cause: (any Error)? = nil) {
        self.message = message
        self.hint = hint
        self.cause = cause
    }

    package var description: String { hint.map { "\(message) (\($0))" } ?? message }
}
