/// What a caller may name a key by: id, key ARN, alias name or alias ARN.
package struct KeyIdentifier: Hashable {
    package enum Name: Hashable {
        case id(KeyID)
        case alias(String)
    }

    package let name: Name
    /// That of the caller, unless an ARN names another.
    package let account: AccountID

    /// Reads any of the four forms, as a caller in `scope` writes them.
    ///
    /// Errors are AWS's: `notFound` for what is no identifier or names another Region, `invalidARN` for an ARN of
    /// something else.
    package init(_ text: String, in scope: Scope) throws(KMSError) {
        guard text.hasPrefix("arn:") else {
            name = try Self.bare(text)
            account = scope.account
            return
        }
        let parts = text.split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false)
        guard parts.count == 6, parts[1] == "aws", parts[2] == "kms", let account = AccountID(parts[4]) else {
            throw KMSError(.invalidARN, "Invalid arn \(text)")
        }
        guard parts[3] == scope.region.description else {
            throw KMSError(.notFound, "Invalid arn \(parts[3])")
        }
        if parts[5].hasPrefix("key/"), let id = KeyID(parts[5].dropFirst(4)) {
            name = .id(id)
        } else if parts[5].hasPrefix("alias/") {
            name = .alias(String(parts[5]))
        } else {
            throw KMSError(.invalidARN, "Invalid arn \(text)")
        }
        self.account = account
    }

    private static func bare(_ text: String) throws(KMSError) -> Name {
        if let id = KeyID(text) { return .id(id) }
        if text.hasPrefix("alias/") { return .alias(text) }
        throw KMSError(.notFound, "Invalid keyId '\(text)'")
    }
}
