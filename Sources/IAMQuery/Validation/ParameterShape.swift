/// What the APIs' models say of a string.
struct ParameterShape: Sendable {
    /// A regular expression of a model.
    struct Pattern: Sendable {
        let text: String
        let matches: @Sendable (String) -> Bool

        init(_ text: String, _ matches: @escaping @Sendable (String) -> Bool) {
            self.text = text
            self.matches = matches
        }

        /// Any number of characters out of a set.
        static func characters(_ text: String, _ allows: @escaping @Sendable (Unicode.Scalar) -> Bool) -> Pattern {
            Pattern(text) { $0.unicodeScalars.allSatisfy(allows) }
        }
    }

    /// In Unicode code points.
    var length: ClosedRange<Int>?
    var pattern: Pattern?
    var values: [String]?

    /// Everything that is wrong with `value`.
    func failures(of value: String) -> [String] {
        var failures: [String] = []
        if let length, let failure = Constraint.length(value.unicodeScalars.count, length) { failures.append(failure) }
        if let pattern, !pattern.matches(value) {
            failures.append("Member must satisfy regular expression pattern: \(pattern.text)")
        }
        if let values, !values.contains(value) {
            failures.append("Member must satisfy enum value set: [\(values.joined(separator: ", "))]")
        }
        return failures
    }
}

// The shapes of the models (botocore 1.43, iam 2010-05-08 and sts 2011-06-15) that the operations here take.
extension ParameterShape {
    private static let name = Pattern.characters("[\\w+=,.@-]+") { $0.isWord || "+=,.@-".unicodeScalars.contains($0) }
    private static let word = Pattern.characters("[\\w]+", \.isWord)
    private static let digits = Pattern.characters("[\\d]+") { "0"..."9" ~= $0 }

    /// Of a name that is to be made.
    static let newUserName = ParameterShape(length: 1...64, pattern: name)
    static let userName = ParameterShape(length: 1...128, pattern: name)
    static let roleName = ParameterShape(length: 1...64, pattern: name)
    static let policyName = ParameterShape(length: 1...128, pattern: name)
    static let deviceName = ParameterShape(length: 1...226, pattern: name)
    static let accessKeyID = ParameterShape(length: 16...128, pattern: word)
    static let path = ParameterShape(
        length: 1...512,
        pattern: Pattern("(\\u002F)|(\\u002F[\\u0021-\\u007E]+\\u002F)") { path in
            path == "/"
                || path.utf8.count > 2 && path.hasPrefix("/") && path.hasSuffix("/")
                    && path.utf8.allSatisfy { (0x21...0x7e).contains($0) }
        }
    )
    static let policyPath = ParameterShape(
        length: 1...512,
        pattern: Pattern("((/[A-Za-z0-9\\.,\\+@=_-]+)*)/") { path in
            path.hasPrefix("/") && path.hasSuffix("/") && !path.contains("//")
                && path.unicodeScalars.allSatisfy { $0.isWord || "/.,+@=-".unicodeScalars.contains($0) }
        }
    )
    static let pathPrefix = ParameterShape(
        length: 1...512,
        pattern: Pattern("\\u002F[\\u0021-\\u007F]*") { prefix in
            prefix.hasPrefix("/") && prefix.utf8.allSatisfy { (0x21...0x7f).contains($0) }
        }
    )
    static let policyDocument = ParameterShape(
        length: 1...131_072,
        pattern: .characters("[\\u0009\\u000A\\u000D\\u0020-\\u00FF]+") {
            $0.isLineSpace || (0x20...0xff).contains($0.value)
        }
    )
    static let roleDescription = ParameterShape(
        length: 0...1000,
        pattern: .characters("[\\u0009\\u000A\\u000D\\u0020-\\u007E\\u00A1-\\u00FF]*") {
            $0.isLineSpace || (0x20...0x7e).contains($0.value) || (0xa1...0xff).contains($0.value)
        }
    )
    static let policyDescription = ParameterShape(length: 0...1000)
    static let policyARN = ParameterShape(length: 20...2048)
    static let policyVersion = ParameterShape(
        length: 2...64,
        pattern: Pattern("v[1-9][0-9]*(\\.[A-Za-z0-9-]*)?") { version in
            let parts = version.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
            let number = parts[0].unicodeScalars.dropFirst()
            return version.hasPrefix("v") && number.first.map { "1"..."9" ~= $0 } == true
                && number.allSatisfy { "0"..."9" ~= $0 }
                && parts.dropFirst().joined().unicodeScalars.allSatisfy { $0.isWord && $0 != "_" || $0 == "-" }
        }
    )
    static let serialNumber = ParameterShape(
        length: 9...256,
        pattern: .characters("[\\w+=/:,.@-]+") { $0.isWord || "+=/:,.@-".unicodeScalars.contains($0) }
    )
    static let authenticationCode = ParameterShape(length: 6...6, pattern: digits)
    static let tagKey = ParameterShape(
        length: 1...128, pattern: .characters("[\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]+", \.isOfTags))
    static let tagValue = ParameterShape(
        length: 0...256, pattern: .characters("[\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]*", \.isOfTags))
    /// As long as the ones that are given out may get.
    static let marker = ParameterShape(
        length: 1...1024, pattern: .characters("[\\u0020-\\u00FF]+") { (0x20...0xff).contains($0.value) })

    // Of STS.
    static let arn = ParameterShape(
        length: 20...2048,
        pattern: .characters(
            "[\\u0009\\u000A\\u000D\\u0020-\\u007E\\u0085\\u00A0-\\uD7FF\\uE000-\\uFFFD\\u10000-\\u10FFFF]+"
        ) { $0.isLineSpace || $0.value == 0x85 || (0x20...0x7e).contains($0.value) || $0.value >= 0xa0 }
    )
    static let sessionName = ParameterShape(length: 2...64, pattern: name)
    static let externalID = ParameterShape(
        length: 2...1224,
        pattern: .characters("[\\w+=,.@:\\/-]*") { $0.isWord || "+=,.@:/-".unicodeScalars.contains($0) }
    )
}

extension Unicode.Scalar {
    /// `\w` of a regular expression, as Java's is without flags: ASCII only.
    fileprivate var isWord: Bool {
        switch self {
        case "a"..."z", "A"..."Z", "0"..."9", "_": true
        default: false
        }
    }

    fileprivate var isLineSpace: Bool { self == "\t" || self == "\n" || self == "\r" }

    fileprivate var isOfTags: Bool {
        switch properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter, .spaceSeparator,
            .lineSeparator, .paragraphSeparator, .decimalNumber, .letterNumber, .otherNumber:
            true
        default: "_.:/=+-@".unicodeScalars.contains(self)
        }
    }
}
