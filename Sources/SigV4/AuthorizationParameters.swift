/// Where the three parameters of an Authorization header have their values, as ranges of its bytes.
struct AuthorizationParameters {
    private(set) var credential: Range<Int>?
    private(set) var signedHeaders: Range<Int>?
    private(set) var signature: Range<Int>?

    /// The parts that are not there, in AWS's order.
    var missing: [AuthorizationPart] {
        var parts: [AuthorizationPart] = []
        if credential == nil { parts.append(.credential) }
        if signature == nil { parts.append(.signature) }
        if signedHeaders == nil { parts.append(.signedHeaders) }
        return parts
    }

    /// Splits `name=value, name=value, …`. An empty value counts as missing.
    init(parsing bytes: Span<UInt8>, in range: Range<Int>) throws(SigV4Error) {
        guard !bytes.trimmingBlanks(range).isEmpty else { return }
        var start = range.lowerBound
        while true {
            let end = bytes.firstIndex(of: UInt8(ascii: ","), in: start..<range.upperBound) ?? range.upperBound
            try read(bytes, in: bytes.trimmingBlanks(start..<end))
            guard end < range.upperBound else { return }
            start = end + 1
        }
    }

    private mutating func read(_ bytes: Span<UInt8>, in pair: Range<Int>) throws(SigV4Error) {
        guard let equals = bytes.firstIndex(of: UInt8(ascii: "="), in: pair) else {
            throw .malformedAuthorization("Invalid key=value pair (missing equal-sign) in Authorization header.")
        }
        let name = pair.lowerBound..<equals
        let value = (equals + 1)..<pair.upperBound
        if bytes.matches("Credential", in: name) {
            try Self.set(&credential, to: value)
        } else if bytes.matches("SignedHeaders", in: name) {
            try Self.set(&signedHeaders, to: value)
        } else if bytes.matches("Signature", in: name) {
            try Self.set(&signature, to: value)
        } else {
            throw .malformedAuthorization("Authorization header has an unknown parameter '\(bytes.quotation(name))'.")
        }
    }

    private static func set(_ parameter: inout Range<Int>?, to value: Range<Int>) throws(SigV4Error) {
        guard parameter == nil else {
            throw .malformedAuthorization("Authorization header has a parameter twice.")
        }
        if !value.isEmpty { parameter = value }
    }
}
