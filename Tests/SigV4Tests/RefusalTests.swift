import SigV4
import Testing

@Suite("What the verifier refuses")
struct RefusalTests {
    private let time = SignedRequest.exampleTime

    private func expect(
        _ error: SigV4Error, code: String, message: String, location: SourceLocation = #_sourceLocation,
        now: Int64 = SignedRequest.exampleTime, verifier: SigV4Verifier? = nil,
        credential: SigningCredential? = SignedRequest.exampleCredential(),
        signedBy signing: SigningCredential = SignedRequest.exampleCredential(),
        change: (inout SignedRequest) -> Void = { _ in }
    ) {
        var request = SignedRequest.encrypt(signedBy: signing)
        change(&request)
        #expect(throws: error, sourceLocation: location) {
            try request.verified(
                by: verifier ?? SigV4Verifier(service: "kms", regions: ["eu-central-1"]), now: now,
                credential: credential)
        }
        #expect(error.code == code, sourceLocation: location)
        #expect(error.message == message, sourceLocation: location)
    }

    @Test func `a request without an Authorization header`() {
        expect(
            .missingAuthenticationToken, code: "MissingAuthenticationTokenException",
            message: "Missing Authentication Token"
        ) { $0.set("authorization", to: nil) }
    }

    @Test func `a presigned request, even one with an Authorization header`() {
        for query in ["X-Amz-Algorithm=AWS4-HMAC-SHA256", "a=b&X-Amz-Signature=00"] {
            expect(
                .presignedNotSupported, code: "IncompleteSignatureException",
                message: "Presigned requests are not supported: send the signature in the Authorization header."
            ) { $0.query = query }
        }
    }

    @Test func `a request without a date`() {
        expect(
            .incompleteSignature(missing: [.date]), code: "IncompleteSignatureException",
            message: "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header."
        ) { $0.set("x-amz-date", to: nil) }
    }

    @Test func `everything that is missing is named at once`() {
        expect(
            .incompleteSignature(missing: [.credential, .signature, .signedHeaders, .date]),
            code: "IncompleteSignatureException",
            message: """
                Authorization header requires 'Credential' parameter. Authorization header requires 'Signature' \
                parameter. Authorization header requires 'SignedHeaders' parameter. Authorization header requires \
                existence of either a 'X-Amz-Date' or a 'Date' header.
                """
        ) {
            $0.set("x-amz-date", to: nil)
            $0.set("authorization", to: "AWS4-HMAC-SHA256")
        }
    }

    @Test(arguments: [
        "2015-08-30T12:36:00Z", "20150830T123600", "20150832T123600Z", "20150229T123600Z", "20150830T243600Z", "",
        "Sun, 30 Aug 2015 12:36:00 CET",
    ])
    func `a date that is none`(text: String) {
        expect(
            .malformedDate(text), code: "IncompleteSignatureException",
            message: """
                Date must be in ISO-8601 'basic format'. Got '\(text)'. See http://en.wikipedia.org/wiki/ISO_8601
                """
        ) { $0.set("x-amz-date", to: text) }
    }

    @Test func `a signature older than 15 minutes`() {
        expect(
            .expired(signed: time, now: time + 901, skewSeconds: 900), code: "InvalidSignatureException",
            message: """
                Signature expired: 20150830T123600Z is now earlier than 20150830T123601Z (20150830T125101Z - 15 min.)
                """, now: time + 901)
    }

    @Test func `a signature more than 15 minutes ahead`() {
        expect(
            .notYetCurrent(signed: time, now: time - 901, skewSeconds: 900), code: "InvalidSignatureException",
            message: """
                Signature not yet current: 20150830T123600Z is still later than 20150830T123559Z \
                (20150830T122059Z + 15 min.)
                """, now: time - 901)
    }

    @Test(arguments: ["host", "x-amz-date", "x-amz-target"])
    func `a signature that leaves out a header which decides`(name: String) {
        let subject = name == "host" ? "'Host' or ':authority'" : "'\(name)'"
        expect(
            .headerNotSigned(name), code: "InvalidSignatureException",
            message: "\(subject) must be a 'SignedHeader' in the AWS Authorization."
        ) { request in
            let names = ["content-type", "host", "x-amz-date", "x-amz-target"].filter { $0 != name }
            request.set(
                "authorization",
                to: """
                    AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/eu-central-1/kms/aws4_request, \
                    SignedHeaders=\(names.joined(separator: ";")), Signature=\(String(repeating: "0", count: 64))
                    """)
        }
    }

    @Test func `a credential of another Region`() {
        expect(
            .invalidCredentialScope([.region]), code: "InvalidSignatureException",
            message: "Credential should be scoped to a valid region.",
            verifier: SigV4Verifier(service: "kms", regions: ["us-east-1"]))
    }

    @Test func `a credential of another service`() {
        expect(
            .invalidCredentialScope([.service(expected: "kms-xks-proxy")]), code: "InvalidSignatureException",
            message: "Credential should be scoped to correct service: 'kms-xks-proxy'.",
            verifier: SigV4Verifier(service: "kms-xks-proxy", regions: ["eu-central-1"]))
    }

    @Test func `a credential of another day, with every fault of its scope`() {
        expect(
            .invalidCredentialScope([
                .region, .service(expected: "kms"), .terminator(found: "e"), .date(found: "b", signed: time),
            ]), code: "InvalidSignatureException",
            message: """
                Credential should be scoped to a valid region. Credential should be scoped to correct service: 'kms'. \
                Credential should be scoped with a valid terminator: 'aws4_request', not 'e'. Date in Credential scope \
                does not match YYYYMMDD from ISO-8601 version of date from HTTP: 'b' != '20150830', from \
                '20150830T123600Z'.
                """
        ) { request in
            let value = request.value("authorization") ?? ""
            request.set(
                "authorization",
                to: value.replacing("20150830/eu-central-1/kms/aws4_request", with: "b/c/d/e"))
        }
    }

    @Test func `an access key that is not in use`() {
        expect(
            .unrecognizedClient, code: "UnrecognizedClientException",
            message: "The security token included in the request is invalid.", credential: nil)
    }

    @Test func `a signature by another secret`() {
        expect(
            .signatureMismatch, code: "InvalidSignatureException",
            message: """
                The request signature we calculated does not match the signature you provided. Check your AWS Secret \
                Access Key and signing method. Consult the service documentation for details.
                """,
            credential: SigningCredential(accessKeyID: SignedRequest.exampleID, secretAccessKey: "another"))
    }

    @Test func `a body hash that is not the body's`() {
        expect(
            .contentHashMismatch, code: "InvalidSignatureException",
            message: "The provided 'x-amz-content-sha256' header does not match what was computed."
        ) { $0.set("x-amz-content-sha256", to: String(repeating: "0", count: 64)) }
    }

    @Test(arguments: ["UNSIGNED-PAYLOAD", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD", "STREAMING-UNSIGNED-PAYLOAD-TRAILER"])
    func `a payload outside the signature`(value: String) {
        expect(
            .unsignedPayloadNotSupported, code: "InvalidSignatureException",
            message: """
                Unsigned and streamed payloads are not supported: 'x-amz-content-sha256' must be the hash of the body.
                """
        ) { $0.set("x-amz-content-sha256", to: value) }
    }

    @Test(arguments: [(nil, "token"), ("token", nil), ("token", "other")] as [(String?, String?)])
    func `a session token other than the credential's`(sent: String?, expected: String?) {
        expect(
            .sessionTokenInvalid, code: "UnrecognizedClientException",
            message: "The security token included in the request is invalid.",
            credential: SignedRequest.exampleCredential(sessionToken: expected),
            signedBy: SignedRequest.exampleCredential(sessionToken: sent))
    }
}
