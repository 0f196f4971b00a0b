/// Text in which `*` stands for any characters and `?` for any one.
struct WildcardPattern: Hashable, Sendable {
    // Bytes that no UTF-8 has, so that a pattern is bytes and a literal asterisk is one of them.
    static let anyCharacters: UInt8 = 0xFF
    static let anyCharacter: UInt8 = 0xFE

    let bytes: [UInt8]

    /// - Parameter ignoringCase: Of ASCII letters; the pattern is in lower case then.
    func matches(_ subject: Span<UInt8>, ignoringCase: Bool = false) -> Bool {
        let pattern = bytes.span
        var p = 0
        var s = 0
        // Where to go on when what follows the last asterisk does not fit: an earlier one need never be tried again, so
        // the time is at most that of finding each part between asterisks once in the subject.
        var resume: (pattern: Int, subject: Int)?
        while s < subject.count {
            if p < pattern.count {
                let expected = pattern[p]
                if expected == Self.anyCharacters {
                    p += 1
                    if p == pattern.count { return true }
                    resume = (p, s)
                    continue
                }
                if expected == Self.anyCharacter {
                    p += 1
                    s = Self.end(ofCharacterAt: s, in: subject)
                    continue
                }
                if expected == (ignoringCase ? subject[s].lowercasedASCII : subject[s]) {
                    p += 1
                    s += 1
                    continue
                }
            }
            guard let (pattern, start) = resume else { return false }
            p = pattern
            s = Self.end(ofCharacterAt: start, in: subject)
            resume = (p, s)
        }
        while p < pattern.count, pattern[p] == Self.anyCharacters { p += 1 }
        return p == pattern.count
    }

    private static func end(ofCharacterAt index: Int, in subject: Span<UInt8>) -> Int {
        var end = index + 1
        while end < subject.count, subject[end] & 0xC0 == 0x80 { end += 1 }
        return end
    }
}

extension WildcardPattern {
    /// - Parameter text: In which `*` and `?` are wildcards.
    init(_ text: some StringProtocol) {
        bytes = text.utf8.map(Self.wildcard)
    }

    /// ASCII letters only: no action has others.
    var lowercased: Self { Self(bytes: bytes.map(\.lowercasedASCII)) }

    static func wildcard(_ byte: UInt8) -> UInt8 {
        switch byte {
        case UInt8(ascii: "*"): anyCharacters
        case UInt8(ascii: "?"): anyCharacter
        default: byte
        }
    }
}

extension UInt8 {
    var lowercasedASCII: UInt8 { UInt8(ascii: "A")...UInt8(ascii: "Z") ~= self ? self | 0x20 : self }
}
