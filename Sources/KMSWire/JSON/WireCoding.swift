package import FoundationEssentials

/// The JSON coders of this wire, made once: neither keeps anything from one call to the next.
enum WireCoding {
    static let decoder = JSONDecoder()

    static let encoder: JSONEncoder = {
        let encoder = JSONEncoder()
        // AWS writes "alias/a", not "alias\/a".
        encoder.outputFormatting = .withoutEscapingSlashes
        return encoder
    }()
}

/// What an operation answers with.
package protocol WireResponse: Encodable, Sendable {
    /// The response's body.
    func encoded() throws(WireError) -> Data
}

extension WireResponse {
    package func encoded() throws(WireError) -> Data {
        do {
            return try WireCoding.encoder.encode(self)
        } catch {
            throw WireError("KMSInternalException", status: 500, cause: "the response cannot be encoded: \(error)")
        }
    }
}

/// The answer of operations whose output is a structure without members: `{}`.
package struct EmptyStructureResponse: WireResponse {
    package init() {}
}

/// The answer of operations that have no output: a body of no bytes at all.
package struct EmptyResponse: WireResponse {
    package init() {}

    package func encoded() -> Data { Data() }
}
