package import KMSCore

/// What a request is answered with.
package struct QueryAnswer: Sendable {
    /// The HTTP status.
    package let status: Int
    package let body: [UInt8]
    /// For the audit record; nil of a success.
    package let failure: AuditRecord.Failure?
    /// What the operator's log shall say besides; not sent.
    package let cause: String?

    /// A success. `result` is nil of operations that have none.
    init(to action: String, of service: QueryService, _ result: [XMLNode]?, requestID: String) {
        status = 200
        failure = nil
        cause = nil
        let metadata = XMLNode.element("ResponseMetadata", .text("RequestId", requestID))
        body = XMLWriter.write(
            action + "Response", namespace: service.namespace,
            [result.map { .element(action + "Result", $0) }, metadata].compactMap(\.self))
    }

    /// - Parameter service: nil when the request does not tell which it is for.
    package init(_ error: QueryError, of service: QueryService?, requestID: String) {
        status = error.status
        failure = AuditRecord.Failure(code: error.code, message: error.message)
        cause = error.cause
        body = XMLWriter.write(
            "ErrorResponse", namespace: service?.namespace ?? "http://webservices.amazon.com/AWSFault/2005-15-09",
            [
                .element(
                    "Error", .text("Type", error.type), .text("Code", error.code), .text("Message", error.message)),
                .text("RequestId", requestID),
            ])
    }
}
