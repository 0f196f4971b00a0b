import KMSCore
import SecureMemory
import XKSCore

/// Reads the members of a request's body, each with the bounds that the specification gives it. Members that it does not
/// know are nobody's business.
struct XKSRequestReader {
    private let object: JSONObject

    init(_ body: [UInt8]) throws(XKSError) {
        do {
            object = try JSONObject(parsing: body)
        } catch {
            throw .validation("The request's body is refused: \(error.description).")
        }
    }

    // MARK: Members

    private static func text(
        _ name: StaticString, of object: JSONObject, limit: Int
    ) throws(XKSError) -> String? {
        guard let member = object[name] else { return nil }
        guard case .string(let string) = member,
            let text = string.text(of: object.bytes)
        else { throw .validation("The member \(name) must be a string.") }
        guard text.utf8.count <= limit else {
            throw .validation("The member \(name) has more than \(limit) bytes.")
        }
        return text
    }

    /// The base64 of a member, and how many bytes it stands for if it is base64.
    private func base64(
        _ name: StaticString
    ) throws(XKSError) -> (text: ArraySlice<UInt8>, count: Int)? {
        guard let member = object[name] else { return nil }
        guard case .string(let string) = member, let text = slice(string),
            let count = Base64.decodedCount(text)
        else { throw .validation("The member \(name) must be a string in base64.") }
        return (text, count)
    }

    /// A slash may be escaped.
    private func slice(_ string: JSONString) -> ArraySlice<UInt8>? {
        string.isPlain ? object.bytes[string.range] : string.decoded(of: object.bytes).map { $0[...] }
    }

    /// Nil where there is none.
    func blob(_ name: StaticString, limit: Int) throws(XKSError) -> [UInt8]? {
        guard let (text, count) = try base64(name) else { return nil }
        guard count <= limit else { throw .beyond(name, limit) }
        guard let bytes = Base64.decode(text) else {
            throw .validation("The member \(name) must be a string in base64.")
        }
        return bytes
    }

    func secret(_ name: StaticString, limit: Int) throws(XKSError) -> SecretBytes {
        guard let (text, count) = try base64(name) else { throw .validation("The member \(name) is missing.") }
        guard count <= limit else { throw .beyond(name, limit) }
        guard let secret = Base64.decodeSecret(text) else {
            throw .validation("The member \(name) must be a string in base64.")
        }
        return secret
    }

    /// A member that can only have one value. Answers whether it is there.
    func constant(_ name: StaticString, _ value: String) throws(XKSError) -> Bool {
        guard let text = try Self.text(name, of: object, limit: 256) else { return false }
        guard text == value else { throw .validation("The member \(name) must be \(value).") }
        return true
    }

    func requireConstant(_ name: StaticString, _ value: String) throws(XKSError) {
        guard try constant(name, value) else { throw .validation("The member \(name) is missing.") }
    }

    // MARK: requestMetadata

    /// ARNs of 2,048 characters have to be taken.
    private static let longestText = 4096

    func metadata(for operation: XKSOperation) throws(XKSError) -> XKSRequestMetadata {
        guard case .object(let range) = object["requestMetadata"] else {
            throw .validation("The member requestMetadata is missing, or is no object.")
        }
        let members: JSONObject
        do {
            members = try JSONObject(at: range, of: object.bytes)
        } catch {
            throw .validation("The member requestMetadata is refused: \(error.description).")
        }
        func optional(_ name: StaticString) throws(XKSError) -> String? {
            try Self.text(name, of: members, limit: Self.longestText)
        }
        func required(_ name: StaticString) throws(XKSError) -> String {
            guard let text = try optional(name), !text.isEmpty else {
                throw .validation("The member requestMetadata.\(name) is missing.")
            }
            return text
        }
        var metadata = XKSRequestMetadata()
        metadata.kmsOperation = try required("kmsOperation")
        metadata.kmsRequestID = try required("kmsRequestId")
        switch operation {
        case .getHealthStatus: return metadata
        case .getKeyMetadata: metadata.kmsKeyARN = try optional("kmsKeyArn")
        case .encrypt, .decrypt: metadata.kmsKeyARN = try required("kmsKeyArn")
        }
        metadata.awsPrincipalARN = try required("awsPrincipalArn")
        metadata.awsSourceVPC = try optional("awsSourceVpc")
        metadata.awsSourceVPCE = try optional("awsSourceVpce")
        metadata.kmsViaService = try optional("kmsViaService")
        return metadata
    }
}
