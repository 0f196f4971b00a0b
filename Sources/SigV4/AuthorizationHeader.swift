/// The parts of `AWS4-HMAC-SHA256 Credential=ID/DAY/REGION/SERVICE/aws4_request, SignedHeaders=a;b, Signature=HEX`.
///
/// The parser is strict where leniency would give two readings of one header: a parameter stands once, nothing unknown
/// stands beside the three, names are sorted, the signature is 64 lower-case digits. It is as lenient as AWS with
/// blanks around the commas and with the order of the parameters.
public struct AuthorizationHeader: Equatable, Sendable {
    /// Longer headers are refused unread. The longest that an SDK sends has a few hundred bytes.
    public static let maximumByteCount = 8192
    /// More signed headers than any client has reason to sign.
    public static let maximumSignedHeaderCount = 100

    public let accessKeyID: String
    public let scope: CredentialScope
    /// `aws4_request` in a credential that is valid.
    public let terminator: String
    /// Lower-case names, sorted, each once.
    public let signedHeaders: [String]
    /// 32 bytes.
    public let signature: [UInt8]

    /// Reads the header from the bytes of its value.
    ///
    /// - Throws: ``SigV4Error/missingAuthenticationToken`` for another scheme, ``SigV4Error/unsupportedAlgorithm(_:)``,
    ///   ``SigV4Error/incompleteSignature(missing:)``, ``SigV4Error/malformedAuthorization(_:)``, and
    ///   ``SigV4Error/signatureMismatch`` for a signature that no credential can make.
    public init(parsing bytes: Span<UInt8>) throws(SigV4Error) {
        guard bytes.count <= Self.maximumByteCount else {
            throw .malformedAuthorization("Authorization header is longer than \(Self.maximumByteCount) bytes.")
        }
        let whole = bytes.trimmingBlanks(0..<bytes.count)
        let schemeEnd = bytes.firstIndex(of: UInt8(ascii: " "), in: whole) ?? whole.upperBound
        let scheme = whole.lowerBound..<schemeEnd
        guard scheme.count >= 5, bytes.matches("AWS4-", at: scheme.lowerBound) else {
            throw .missingAuthenticationToken
        }
        guard bytes.matches("AWS4-HMAC-SHA256", in: scheme) else {
            throw .unsupportedAlgorithm(bytes.quotation(scheme))
        }
        let parameters = try AuthorizationParameters(parsing: bytes, in: schemeEnd..<whole.upperBound)
        guard let credential = parameters.credential, let names = parameters.signedHeaders,
            let signature = parameters.signature
        else { throw .incompleteSignature(missing: parameters.missing) }

        (accessKeyID, scope, terminator) = try Self.credential(bytes, in: credential)
        signedHeaders = try Self.names(bytes, in: names)
        self.signature = try Self.signature(bytes, in: signature)
    }

    /// Reads the header from its value.
    public init(_ value: String) throws(SigV4Error) {
        try self.init(parsing: value.utf8.span)
    }

    private static func credential(
        _ bytes: Span<UInt8>, in range: Range<Int>
    ) throws(SigV4Error) -> (accessKeyID: String, scope: CredentialScope, terminator: String) {
        var elements: [String] = []
        elements.reserveCapacity(5)
        var start = range.lowerBound
        while elements.count < 6 {
            let end = bytes.firstIndex(of: UInt8(ascii: "/"), in: start..<range.upperBound) ?? range.upperBound
            guard let element = bytes.visibleText(start..<end) else { break }
            elements.append(element)
            guard end < range.upperBound else {
                guard elements.count == 5 else { break }
                let scope = CredentialScope(day: elements[1], region: elements[2], service: elements[3])
                return (elements[0], scope, elements[4])
            }
            start = end + 1
        }
        throw .malformedAuthorization(
            """
            Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, \
            got '\(bytes.quotation(range))'
            """)
    }

    private static func names(_ bytes: Span<UInt8>, in range: Range<Int>) throws(SigV4Error) -> [String] {
        var names: [String] = []
        names.reserveCapacity(8)
        var start = range.lowerBound
        while true {
            let end = bytes.firstIndex(of: UInt8(ascii: ";"), in: start..<range.upperBound) ?? range.upperBound
            for index in start..<end where !bytes[index].isLowercaseTokenCharacter { throw .unfitNames }
            guard let name = bytes.visibleText(start..<end), names.count < maximumSignedHeaderCount else {
                throw .unfitNames
            }
            if let last = names.last, !last.utf8.lexicographicallyPrecedes(name.utf8) { throw .unfitNames }
            names.append(name)
            guard end < range.upperBound else { return names }
            start = end + 1
        }
    }

    private static func signature(_ bytes: Span<UInt8>, in range: Range<Int>) throws(SigV4Error) -> [UInt8] {
        // A signature of another form is no signature of ours, and gets the answer that any wrong one gets.
        guard range.count == 64 else { throw .signatureMismatch }
        var signature: [UInt8] = []
        signature.reserveCapacity(32)
        for index in stride(from: range.lowerBound, to: range.upperBound, by: 2) {
            guard let high = bytes[index].lowercaseHexadecimalValue,
                let low = bytes[index + 1].lowercaseHexadecimalValue
            else { throw .signatureMismatch }
            signature.append(high << 4 | low)
        }
        return signature
    }
}

extension SigV4Error {
    fileprivate static var unfitNames: SigV4Error {
        .malformedAuthorization(
            """
            SignedHeaders must be lower-case header names, sorted, each once, separated by semicolons, \
            \(AuthorizationHeader.maximumSignedHeaderCount) at most.
            """)
    }
}

extension UInt8 {
    /// A character of a header's name (RFC 9110 §5.6.2) in lower case.
    fileprivate var isLowercaseTokenCharacter: Bool {
        switch self {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
        case UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: "~"), UInt8(ascii: "!"),
            UInt8(ascii: "#"), UInt8(ascii: "$"), UInt8(ascii: "%"), UInt8(ascii: "&"), UInt8(ascii: "'"),
            UInt8(ascii: "*"), UInt8(ascii: "+"), UInt8(ascii: "^"), UInt8(ascii: "`"), UInt8(ascii: "|"):
            true
        default: false
        }
    }
}
