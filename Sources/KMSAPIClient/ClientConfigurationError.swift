/// Why the client cannot be configured, and what to do about it. Holds no secret.
package struct ClientConfigurationError: Error, Equatable, Sendable, CustomStringConvertible {
    /// In lower case, without a full stop, for a line that begins with `error:`.
    package let message: String
    /// What to do next, in the same form; nil where the message says it.
    package let hint: String?

    package init(_ message: String, hint: String? = nil) {
        self.message = message
        self.hint = hint
    }

    package var description: String { hint.map { "\(message) (\($0))" } ?? message }
}
