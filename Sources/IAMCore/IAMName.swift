import KMSCore

/// The rules for names and texts (IAM API Reference and AWS STS API Reference: the patterns of their parameters).
enum IAMName {
    /// `[\w+=,.@-]+`
    static func check(_ text: String, _ parameter: String, _ lengths: ClosedRange<Int>) throws(KMSError) {
        guard lengths.contains(text.utf8.count), text.utf8.allSatisfy({ $0.isNameCharacter }) else {
            throw KMSError(
                .validation,
                "\(parameter) has to have \(lengths.lowerBound) to \(lengths.upperBound) characters, each a letter, a "
                    + "digit or one of _+=,.@-.")
        }
    }

    /// `/`, or between slashes characters from U+0021 to U+007E.
    static func check(path: String) throws(KMSError) {
        guard path.hasPrefix("/"), path.hasSuffix("/"), isPathText(path) else {
            throw KMSError(
                .validation,
                "Path has to begin and to end with a slash, and to have 1 to 512 characters from U+0021 to U+007E.")
        }
    }

    static func check(pathPrefix: String) throws(KMSError) {
        guard pathPrefix.hasPrefix("/"), isPathText(pathPrefix) else {
            throw KMSError(
                .validation,
                "PathPrefix has to begin with a slash, and to have 1 to 512 characters from U+0021 to U+007E.")
        }
    }

    private static func isPathText(_ text: String) -> Bool {
        (1...512).contains(text.utf8.count) && text.utf8.allSatisfy { (0x21...0x7e).contains($0) }
    }

    /// Tab, line ends, and all from U+0020 to U+007E and U+00A1 to U+00FF.
    static func check(description: String) throws(KMSError) {
        guard description.unicodeScalars.count <= 1000,
            description.unicodeScalars.allSatisfy({ scalar in
                switch scalar.value {
                case 0x09, 0x0a, 0x0d, 0x20...0x7e, 0xa1...0xff: true
                default: false
                }
            })
        else {
            throw KMSError(
                .validation, "Description has to have at most 1,000 characters, of ASCII and Latin-1.")
        }
    }

    /// `[\w+=,.@:\/-]*`
    static func check(externalID: String) throws(KMSError) {
        let extra = [UInt8(ascii: ":"), UInt8(ascii: "/")]
        guard (2...1224).contains(externalID.utf8.count),
            externalID.utf8.allSatisfy({ $0.isNameCharacter || extra.contains($0) })
        else {
            throw KMSError(
                .validation,
                "ExternalId has to have 2 to 1,224 characters, each a letter, a digit or one of _+=,.@:/-.")
        }
    }

    /// `[\w+=/:,.@-]+`
    static func check(serialNumber: String) throws(KMSError) {
        let extra = [UInt8(ascii: ":"), UInt8(ascii: "/")]
        guard (9...256).contains(serialNumber.utf8.count),
            serialNumber.utf8.allSatisfy({ $0.isNameCharacter || extra.contains($0) })
        else {
            throw KMSError(
                .validation,
                "SerialNumber has to have 9 to 256 characters, each a letter, a digit or one of _+=/:,.@-.")
        }
    }

    static func check(limit page: PageRequest) throws(KMSError) {
        guard (1...1000).contains(page.limit ?? 100) else {
            throw KMSError(.validation, "MaxItems has to be from 1 to 1,000.")
        }
    }
}

extension UInt8 {
    /// `[\w+=,.@-]`
    fileprivate var isNameCharacter: Bool {
        switch self {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        case UInt8(ascii: "_"), UInt8(ascii: "+"), UInt8(ascii: "="), UInt8(ascii: ","), UInt8(ascii: "."),
            UInt8(ascii: "@"), UInt8(ascii: "-"):
            true
        default: false
        }
    }
}

/// The ids by which IAM tells identities apart for ever ("IAM identifiers", IAM User Guide).
enum UniqueID {
    enum Prefix: String {
        case user = "AIDA"
        case role = "AROA"
        case policy = "ANPA"
        case service = "ASVC"
    }

    /// The prefix and 17 characters of base32: 85 random bits.
    static func new(_ prefix: Prefix) -> String {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")
        var generator = SystemRandomNumberGenerator()
        return prefix.rawValue
            + String((0..<17).map { _ in alphabet[Int.random(in: 0..<32, using: &generator)] })
    }
}
