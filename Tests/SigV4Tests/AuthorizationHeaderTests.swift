import SigV4
import Testing

@Suite("The Authorization header")
struct AuthorizationHeaderTests {
    private static let credential = "Credential=AKIDEXAMPLE/20150830/us-east-1/kms/aws4_request"
    private static let names = "SignedHeaders=host;x-amz-date"
    private static let signature = "Signature=\(String(repeating: "0f", count: 32))"

    @Test(arguments: [
        "AWS4-HMAC-SHA256 \(credential), \(names), \(signature)",
        "AWS4-HMAC-SHA256 \(credential),\(names),\(signature)",
        "  AWS4-HMAC-SHA256   \(credential) ,  \(names) ,\t\(signature)  ",
        "AWS4-HMAC-SHA256 \(signature), \(names), \(credential)",
    ])
    func `parameters come in any order with any blanks around them`(text: String) throws {
        let header = try AuthorizationHeader(text)
        #expect(header.accessKeyID == "AKIDEXAMPLE")
        #expect(header.scope == CredentialScope(day: "20150830", region: "us-east-1", service: "kms"))
        #expect(header.terminator == "aws4_request")
        #expect(header.signedHeaders == ["host", "x-amz-date"])
        #expect(header.signature == [UInt8](repeating: 0x0F, count: 32))
    }

    @Test(arguments: ["", " ", "Basic QTpC", "Bearer x", "AWS AKID:sig", "aws4-hmac-sha256 x=y", "AWS4"])
    func `another scheme is no authentication of ours`(text: String) {
        #expect(throws: SigV4Error.missingAuthenticationToken) { try AuthorizationHeader(text) }
    }

    @Test(arguments: ["AWS4-ECDSA-P256-SHA256", "AWS4-HMAC-SHA25", "AWS4-HMAC-SHA2567", "AWS4-"])
    func `another algorithm of AWS's is named as unsupported`(name: String) {
        let error = SigV4Error.unsupportedAlgorithm(name)
        #expect(throws: error) { try AuthorizationHeader("\(name) \(Self.credential)") }
        #expect(error.code == "IncompleteSignatureException")
        #expect(error.message == "Unsupported AWS 'algorithm': '\(name)' (only AWS4-HMAC-SHA256 for now).")
    }

    @Test(
        arguments: [
            ("AWS4-HMAC-SHA256", [.credential, .signature, .signedHeaders]),
            ("AWS4-HMAC-SHA256 \(credential)", [.signature, .signedHeaders]),
            ("AWS4-HMAC-SHA256 \(credential), \(signature)", [.signedHeaders]),
            ("AWS4-HMAC-SHA256 \(credential), SignedHeaders=, Signature=", [.signature, .signedHeaders]),
        ] as [(String, [AuthorizationPart])])
    func `missing parameters are all named`(text: String, missing: [AuthorizationPart]) {
        #expect(throws: SigV4Error.incompleteSignature(missing: missing)) { try AuthorizationHeader(text) }
    }

    @Test(arguments: [
        "\(credential), \(names), \(signature), \(signature)", "\(credential), \(names), \(signature), Extra=1",
        "\(credential), \(names), Signature", "\(credential), \(names), \(signature),", ", \(credential)",
    ])
    func `what stands beside the three parameters is refused`(parameters: String) {
        expectMalformed(parameters)
    }

    @Test(arguments: [
        "a/b/c/d", "a/b/c/d/e/f", "a//c/d/e", "/b/c/d/e", "a/b/c/d/", "a b/b/c/d/e", "\u{e9}/b/c/d/e", "/////",
    ])
    func `a credential has five elements of visible characters`(text: String) {
        expectMalformed("Credential=\(text), \(Self.names), \(Self.signature)")
    }

    @Test(arguments: [
        "x-amz-date;host", "host;host", "Host", "host;", ";host", "host;;x-amz-date", "ho st", "host\u{7F}",
        "h\u{f6}st",
        (100...200).map { "h\($0)" }.joined(separator: ";"),
    ])
    func `the names of the signed headers are lower-case, sorted and at most a hundred`(text: String) {
        expectMalformed("\(Self.credential), SignedHeaders=\(text), \(Self.signature)")
    }

    @Test(arguments: [
        "00", String(repeating: "0F", count: 32), String(repeating: "0g", count: 32), String(repeating: "0", count: 65),
    ])
    func `a signature that is not 64 lower-case digits does not match`(text: String) {
        #expect(throws: SigV4Error.signatureMismatch) {
            try AuthorizationHeader("AWS4-HMAC-SHA256 \(Self.credential), \(Self.names), Signature=\(text)")
        }
    }

    @Test func `a header longer than 8 KiB is refused unread`() {
        let padding = String(repeating: " ", count: AuthorizationHeader.maximumByteCount)
        expectMalformed("\(Self.credential), \(Self.names),\(padding) \(Self.signature)")
    }

    @Test func `what an error quotes is short and printable`() {
        let hostile = "AWS4-\u{1B}[31m" + String(repeating: "\u{e9}", count: 500)
        let error = #expect(throws: SigV4Error.self) { try AuthorizationHeader(hostile) }
        let message = error?.message ?? ""
        #expect(message.hasPrefix("Unsupported AWS 'algorithm': 'AWS4-?[31m??"))
        #expect(message.utf8.count < 200)
        #expect(message.utf8.allSatisfy { (0x20...0x7E).contains($0) })
    }

    private func expectMalformed(_ parameters: String, location: SourceLocation = #_sourceLocation) {
        let error = #expect(throws: SigV4Error.self, sourceLocation: location) {
            try AuthorizationHeader("AWS4-HMAC-SHA256 \(parameters)")
        }
        #expect(error?.code == "IncompleteSignatureException", sourceLocation: location)
        guard case .malformedAuthorization = error else {
            Issue.record("expected a malformed header, got \(String(describing: error))", sourceLocation: location)
            return
        }
    }
}
