import FoundationEssentials
package import KMSCore

/// The body of one operation's request, decoded and validated.
package protocol WireRequest: Sendable {
    static var operation: OperationName { get }

    /// Reads the members as the API's model has them.
    init(from members: inout MemberReader) throws(WireError)

    /// Rules that the model does not know, looked at when all of its constraints are met.
    func check() throws(WireError)
}

extension WireRequest {
    package func check() throws(WireError) {}

    /// Decodes and validates a body. An empty one is `{}`.
    package init(decoding body: [UInt8]) throws(WireError) {
        self = try Self.decode(body) { _ in }
    }

    /// As ``init(decoding:)``; `record` is given what an audit record tells of the request, also of one that is refused
    /// for what its members say.
    package static func decode(
        _ body: [UInt8], recording record: (AuditValue) -> Void
    ) throws(WireError) -> Self {
        let body = body.isEmpty ? Array("{}".utf8) : body
        do {
            try JSONScanner.checkObject(body)
        } catch {
            throw .serialization("The request's body is refused: \(error.description).")
        }
        let request: Self
        do {
            let decoded = try WireCoding.decoder.decode(DecodedRequest<Self>.self, from: Data(body))
            record(.object(decoded.parameters))
            guard decoded.violations.isEmpty else { throw WireError.validation(decoded.violations) }
            if let refusal = decoded.refusal { throw refusal }
            request = decoded.request
        } catch let error as WireError {
            throw error
        } catch {
            throw .serialization("The request's body could not be read as JSON.")
        }
        try request.check()
        return request
    }
}

/// A request on its way through `JSONDecoder`.
private struct DecodedRequest<Request: WireRequest>: Decodable {
    let request: Request
    let parameters: [AuditValue.Member]
    let violations: [Violation]
    let refusal: WireError?

    init(from decoder: any Decoder) throws {
        var reader = MemberReader(try decoder.container(keyedBy: MemberName.self))
        request = try Request(from: &reader)
        parameters = reader.parameters
        violations = reader.violations
        refusal = reader.refusal
    }
}
