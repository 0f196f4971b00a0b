import FoundationEssentials
import KMSCore

// Tokens are looked at when all else about a request is right, and written down nowhere.
extension MemberReader {
    /// The member GrantTokens. Grants are in force without their tokens, so those that are well-formed have no effect.
    mutating func grantTokens() throws(WireError) {
        for text in try strings("GrantTokens", .grantToken, count: 0...10) { _ = token(text) }
    }

    /// Nil when the member is absent.
    mutating func grantToken(_ name: String) throws(WireError) -> GrantToken? {
        try unrecordedString(name, .grantToken).flatMap { token($0) }
    }

    private mutating func token(_ text: String) -> GrantToken? {
        let token = Base64.decode(text).flatMap { GrantToken(decoding: Array($0)) }
        if token == nil { refuse(WireError(KMSError.invalidGrantToken)) }
        return token
    }
}
