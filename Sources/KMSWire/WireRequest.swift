import FoundationEssentials

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
        let body = body.isEmpty ? Array("{}".utf8) : body
        do {
            try JSONInspection.checkObject(body)
        } catch {
            throw .serialization("The request's body is refused: \(error.description).")
        }
        do {
            self = try WireCoding.decoder.decode(DecodedRequest<Self>.self, from: Data(body)).request
        } catch let error as WireError {
            throw error
        } catch {
            throw .serialization("The request's body could not be read as JSON.")
        }
        try check()
    }
}

/// A request on its way through `JSONDecoder`.
private struct DecodedRequest<Request: WireRequest>: Decodable {
    let request: Request

    init(from decoder: any Decoder) throws {
        var reader = MemberReader(try decoder.container(keyedBy: MemberName.self))
        request = try Request(from: &reader)
        guard reader.violations.isEmpty else { throw WireError.validation(reader.violations) }
    }
}
