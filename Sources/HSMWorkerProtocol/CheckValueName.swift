/// What a check value says of its key in front of its payload: the one thing in it that both processes read.
///
/// - An AES key for AES-GCM that was made in the token has none: its check value is 52 bytes of payload.
/// - All others begin with `2 | length (1) | name`. The name is `SPEC/USAGE`, with `/IMPORTED` behind it for a key that
///   was outside once, `/ADOPTED` for one that was in the token before, `/CBC-HMAC` for the pair of keys that encrypts,
///   then authenticates, or `/MOVABLE` for a key that can leave its token, wrapped; `/MOVABLE-TRUSTED` for one that a
///   trusted wrapping key alone can wrap.
package struct CheckValueName: Hashable, Sendable {
    package enum Kind: String, Sendable {
        case made = ""
        case imported = "IMPORTED"
        case encryptThenMAC = "CBC-HMAC"
        /// Of somebody else's: its payload begins with an ``AdoptedPlace``.
        case adopted = "ADOPTED"
        case movable = "MOVABLE"
        case movableTrusted = "MOVABLE-TRUSTED"
    }

    package let spec: String
    package let usage: String
    package let kind: Kind

    package static let symmetric = (spec: "SYMMETRIC_DEFAULT", usage: "ENCRYPT_DECRYPT")
    /// The size of a check value that has no name.
    package static let unnamedSize = 52
    private static let version: UInt8 = 2

    package init(spec: String, usage: String, kind: Kind = .made) {
        self.spec = spec
        self.usage = usage
        self.kind = kind
    }

    private static let unnamed = CheckValueName(spec: symmetric.spec, usage: symmetric.usage)

    /// Reads the name in front of a check value; nil for what no worker made.
    package static func read(_ checkValue: [UInt8]) -> (name: CheckValueName, payload: ArraySlice<UInt8>)? {
        guard checkValue.count != unnamedSize else { return (unnamed, checkValue[...]) }
        guard checkValue.count > 2, checkValue[0] == version, checkValue.count >= 2 + Int(checkValue[1]) else {
            return nil
        }
        let text = String(decoding: checkValue[2..<(2 + Int(checkValue[1]))], as: UTF8.self)
        let words = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard words.count == 2 || words.count == 3 && !words[2].isEmpty,
            let kind = words.count == 2 ? .made : Kind(rawValue: words[2])
        else { return nil }
        let name = CheckValueName(spec: words[0], usage: words[1], kind: kind)
        return (name, checkValue.dropFirst(2 + Int(checkValue[1])))
    }

    /// The check value with this name.
    package func checkValue(_ payload: [UInt8]) -> [UInt8] {
        if self == Self.unnamed { return payload }
        let text = "\(spec)/\(usage)" + (kind == .made ? "" : "/\(kind.rawValue)")
        return [Self.version, UInt8(truncatingIfNeeded: text.utf8.count)] + Array(text.utf8) + payload
    }
}
