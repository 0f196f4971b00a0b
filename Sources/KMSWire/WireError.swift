package import FoundationEssentials

/// An error as the AWS JSON 1.1 protocol sends it: an HTTP status and `{"__type": "…", "message": "…"}`.
public struct WireError: Error, Hashable, Sendable {
    /// The body's `__type`, by which SDKs choose the exception to raise.
    package let code: String

    /// The HTTP status.
    package let status: Int

    /// Nil where AWS sends a `__type` alone. Never holds a secret.
    package let message: String?

    /// What the operator's log shall say besides; not sent.
    package let cause: String?

    package init(_ code: String, status: Int = 400, _ message: String? = nil, cause: String? = nil) {
        self.code = code
        self.status = status
        self.message = message
        self.cause = cause
    }

    /// The response's body.
    package var body: Data {
        var members = ["__type": code]
        // AWS's authorization layer writes the member with a capital, its operations without; SDKs read both.
        if let message { members[code == "AccessDeniedException" ? "Message" : "message"] = message }
        // Encoding a dictionary of strings cannot fail; were it to, the status still tells the client enough.
        return (try? WireCoding.encoder.encode(members)) ?? Data()
    }
}

extension WireError {
    static func serialization(_ message: String) -> WireError {
        WireError("SerializationException", message)
    }

    static func validation(_ message: String) -> WireError {
        WireError("ValidationException", message)
    }

    static func unsupported(_ message: String) -> WireError {
        WireError("UnsupportedOperationException", message)
    }

    package static let unknownOperation = WireError(
        "UnknownOperationException", "The X-Amz-Target header names no operation of AWS KMS."
    )

    package static func notServed(_ operation: OperationName) -> WireError {
        unsupported("\(operation.rawValue) is not supported by this server yet.")
    }
}
