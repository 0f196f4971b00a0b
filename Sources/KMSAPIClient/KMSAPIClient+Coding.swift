import FoundationEssentials

extension KMSAPIClient {
    /// Calls an operation. Blobs (`Data`) are base64 and dates are seconds since 1970, as AWS's JSON protocol has them.
    package func call<Output: Decodable>(
        _ operation: String, _ input: some Encodable, returning: Output.Type = Output.self
    ) async throws -> Output {
        let answer = try await call(operation, json: Self.encode(input))
        do {
            return try Self.decoder.decode(Output.self, from: Data(answer))
        } catch {
            throw KMSTransportError(
                "\(configuration.endpoint.url) answered \(operation) with something else than its result",
                hint: "is this the endpoint of a KMS?", cause: error)
        }
    }

    /// Calls an operation that answers nothing.
    package func call(_ operation: String, _ input: some Encodable) async throws {
        _ = try await call(operation, json: Self.encode(input))
    }

    private static func encode(_ input: some Encodable) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.dateEncodingStrategy = .secondsSince1970
        return Array(try encoder.encode(input))
    }

    private static var decoder: JSONDecoder {
        let decoder = JSONDecoder()
        decoder.dateDecodingStrategy = .secondsSince1970
        return decoder
    }
}
