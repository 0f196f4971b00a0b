/// An error as the query protocol sends it: an HTTP status, and a code and a message in XML.
package struct QueryError: Error, Hashable, Sendable {
    /// By which SDKs choose the exception to raise.
    package let code: String
    /// The HTTP status.
    package let status: Int
    /// Never holds a secret.
    package let message: String
    /// What the operator's log shall say besides; not sent.
    package let cause: String?

    package init(_ code: String, status: Int, _ message: String, cause: String? = nil) {
        self.code = code
        self.status = status
        self.message = message
        self.cause = cause
    }

    /// Whose fault it is.
    var type: String { status < 500 ? "Sender" : "Receiver" }
}

extension QueryError {
    /// The body is not what an SDK writes. `problem` is a clause that goes on from "because".
    static func malformedQuery(_ problem: String) -> QueryError {
        QueryError(
            "MalformedQueryString", status: 404,
            "The request's body cannot be read as form parameters, because \(problem).")
    }

    static func malformedInput(_ message: String) -> QueryError {
        QueryError("MalformedInput", status: 400, message)
    }

    static func validation(_ message: String) -> QueryError {
        QueryError("ValidationError", status: 400, message)
    }

    static let missingAction = QueryError(
        "MissingAction", status: 400, "The request has no parameter 'Action', which names the operation.")

    /// To be sent when ``QueryService/init(of:)`` finds none.
    package static let unknownVersion = QueryError(
        "InvalidAction", status: 400,
        "The parameter 'Version' must be "
            + QueryService.allCases.map { "\($0.version) (\($0.rawValue))" }.joined(separator: " or ") + ".")

    static func invalidAction(_ action: String, of service: QueryService) -> QueryError {
        QueryError(
            "InvalidAction", status: 400,
            "Could not find operation \(action.forMessages) for version \(service.version)")
    }

    static func notServed(_ action: String) -> QueryError {
        QueryError("NotImplemented", status: 400, "\(action) is not supported by this server.")
    }
}
