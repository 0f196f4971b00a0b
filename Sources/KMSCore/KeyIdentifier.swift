/// What a caller may name a key by: id, key ARN, alias name or alias ARN.
package enum KeyIdentifier: Hashable {
    case id(KeyID)
    case alias(String)

    /// Reads any of the four forms, as a caller in `scope` writes them.
    ///
    /// Errors are AWS's: `notFound` for what is no identifier or names another Region, `accessDenied` for another
    /// account (which says nothing of whether the key exists), `invalidARN` for an ARN of something else.
    package init(_ text: String, in scope: Scope) throws(KMSError) {
        guard text.hasPrefix("arn:") else {
            self = try Self.bare(text)
            return
        }
        let parts = text.split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false)
        guard parts.count == 6, parts[1] == "aws", parts[2] == "kms", AccountID(parts[4]) != nil else {
            throw KMSError(.invalidARN, "Invalid arn \(text)")
        }
        guard parts[3] == scope.region.description else {
            throw KMSError(.notFound, "Invalid arn \(parts[3])")
        }
        if parts[5].hasPrefix("key/"), let id = KeyID(parts[5].dropFirst(4)) {
            self = .id(id)
        } else if parts[5].hasPrefix("alias/") {
            self = .alias(String(parts[5]))
        } else {
            throw KMSError(.invalidARN, "Invalid arn \(text)")
        }
        guard parts[4] == scope.account.description else {
            throw KMSError(
                .accessDenied,
                "The resource \(text) does not exist in this Region, or no resource-based policy allows you to access it"
            )
        }
    }

    private static func bare(_ text: String) throws(KMSError) -> KeyIdentifier {
        if let id = KeyID(text) { return .id(id) }
        if text.hasPrefix("alias/") { return .alias(text) }
        throw KMSError(.notFound, "Invalid keyId '\(text)'")
    }
}
