import FoundationEssentials
import KMSCore
import SecureMemory
import Testing

@testable import KMSWire

/// The request that a body is taken as.
@discardableResult
func decode<R: WireRequest>(_: R.Type, _ body: String) throws -> R {
    try R(decoding: Array(body.utf8))
}

/// The error that a body is answered with; a test failure when it is taken.
func refusal<R: WireRequest>(_: R.Type, _ body: String, sourceLocation: SourceLocation = #_sourceLocation) -> WireError?
{
    do {
        _ = try R(decoding: Array(body.utf8))
        Issue.record("the body was taken: \(body.prefix(200))", sourceLocation: sourceLocation)
        return nil
    } catch {
        return error
    }
}

/// A response as the generic JSON that a client sees.
func json(_ response: some WireResponse) throws -> [String: JSONValue] {
    try JSONDecoder().decode([String: JSONValue].self, from: response.encoded())
}

/// Any JSON value, for looking at what was sent.
enum JSONValue: Decodable, Equatable, ExpressibleByStringLiteral, ExpressibleByBooleanLiteral, ExpressibleByFloatLiteral
{
    case string(String)
    case number(Double)
    case bool(Bool)
    case array([JSONValue])
    case object([String: JSONValue])

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let value = try? container.decode(Bool.self) {
            self = .bool(value)
        } else if let value = try? container.decode(Double.self) {
            self = .number(value)
        } else if let value = try? container.decode(String.self) {
            self = .string(value)
        } else if let value = try? container.decode([JSONValue].self) {
            self = .array(value)
        } else {
            self = .object(try container.decode([String: JSONValue].self))
        }
    }

    init(stringLiteral value: String) { self = .string(value) }
    init(booleanLiteral value: Bool) { self = .bool(value) }
    init(floatLiteral value: Double) { self = .number(value) }
}

extension SecretBlob {
    /// Takes the secret and shows it.
    func exposed() -> [UInt8] {
        let secret = take()
        return secret.withExposedBytes { bytes in
            (0..<bytes.byteCount).map { unsafe bytes.unsafeLoad(fromByteOffset: $0, as: UInt8.self) }
        }
    }
}

func base64(_ count: Int) -> String {
    Data(repeating: 7, count: count).base64EncodedString()
}

let keyID = "1234abcd-12ab-34cd-56ef-1234567890ab"
