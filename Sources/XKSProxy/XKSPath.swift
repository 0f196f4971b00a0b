import XKSCore

/// What a request's path asks for.
enum XKSPath: Hashable, Sendable {
    /// For load balancers: whether the process answers.
    case ping
    case operation(XKSOperation, prefix: String, keyID: String?)
    case unknown

    private static let root = "/kms/xks/v1/"

    /// - Parameter target: Of the request line. The API has no queries, so with one it is none of its paths.
    init(_ target: some StringProtocol) {
        self = .unknown
        if target == "/ping" {
            self = .ping
            return
        }
        guard target.utf8.count <= 256, target.utf8.first == UInt8(ascii: "/") else { return }
        let bytes = Array(target.utf8)
        // Key ids have no slash in them, so the last one is the API's.
        guard let start = bytes.lastRange(of: Array(Self.root.utf8)), start > 0 else { return }
        let prefix = String(decoding: bytes[1..<start], as: UTF8.self)
        guard (try? XKSNames.check(prefix: prefix)) != nil else { return }
        let words = bytes[(start + Self.root.utf8.count)...].split(
            separator: UInt8(ascii: "/"), omittingEmptySubsequences: false
        ).map { String(decoding: $0, as: UTF8.self) }
        if words == ["health"] {
            self = .operation(.getHealthStatus, prefix: prefix, keyID: nil)
        } else if words.count == 3, words[0] == "keys", let operation = Self.operations[words[2]],
            XKSNames.isKeyID(words[1])
        {
            self = .operation(operation, prefix: prefix, keyID: words[1])
        }
    }

    private static let operations: [String: XKSOperation] = [
        "metadata": .getKeyMetadata, "encrypt": .encrypt, "decrypt": .decrypt,
    ]
}

extension [UInt8] {
    /// Where `part` stands last.
    fileprivate func lastRange(of part: [UInt8]) -> Int? {
        guard count >= part.count else { return nil }
        return (0...(count - part.count)).last { self[$0..<($0 + part.count)].elementsEqual(part) }
    }
}
