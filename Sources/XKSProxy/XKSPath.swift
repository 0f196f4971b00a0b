import XKSCore

/// What a request's path asks for.
enum XKSPath: Hashable, Sendable {
    /// For load balancers: whether the process answers.
    case ping
    case operation(XKSOperation, prefix: String, keyID: String?)
    case unknown

    /// - Parameter target: Of the request line. The API has no queries, so with one it is none of its paths.
    init(_ target: String) {
        self = .unknown
        if target == "/ping" {
            self = .ping
            return
        }
        guard target.utf8.count <= 256 else { return }
        // From the end, because a prefix may have words of the API in it.
        var rest = target.utf8[...]
        let last = Self.lastWord(&rest)
        if last == "health" {
            guard let prefix = Self.prefix(rest) else { return }
            self = .operation(.getHealthStatus, prefix: prefix, keyID: nil)
        } else if let operation = Self.operations[last], case let keyID = Self.lastWord(&rest),
            XKSNames.isKeyID(keyID), Self.lastWord(&rest) == "keys", let prefix = Self.prefix(rest)
        {
            self = .operation(operation, prefix: prefix, keyID: keyID)
        }
    }

    private static let operations: [String: XKSOperation] = [
        "metadata": .getKeyMetadata, "encrypt": .encrypt, "decrypt": .decrypt,
    ]

    private static let root = "/kms/xks/v1"

    /// What stands between a slash and the root that the rest has to end with.
    private static func prefix(_ rest: Substring.UTF8View) -> String? {
        guard rest.first == UInt8(ascii: "/"), rest.count > root.utf8.count,
            rest.suffix(root.utf8.count).elementsEqual(root.utf8)
        else { return nil }
        let prefix = String(Substring(rest.dropFirst().dropLast(root.utf8.count)))
        return XKSNames.isPrefix(prefix) ? prefix : nil
    }

    /// Takes off what stands behind the last slash, and the slash.
    private static func lastWord(_ rest: inout Substring.UTF8View) -> String {
        guard let slash = rest.lastIndex(of: UInt8(ascii: "/")) else { return "" }
        defer { rest = rest[..<slash] }
        return String(Substring(rest[rest.index(after: slash)...]))
    }
}
