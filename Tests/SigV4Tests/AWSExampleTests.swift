import Testing

@testable import SigV4

@Suite("AWS's published examples")
struct AWSExampleTests {
    private func authorization(_ example: AWSExample) -> String {
        """
        AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/\(example.service)/aws4_request, \
        SignedHeaders=\(example.signedHeaders), Signature=\(example.signature)
        """
    }

    private func request(_ example: AWSExample) -> SignedRequest {
        SignedRequest(
            method: example.method, path: example.path, query: example.query, headers: example.headers,
            body: Array(example.body.utf8))
    }

    @Test(arguments: AWSExample.all)
    func `the published signature verifies`(example: AWSExample) throws {
        var request = request(example)
        request.headers.append(("Host", example.host))
        request.headers.append(("X-Amz-Date", "20150830T123600Z"))
        if let token = example.sessionToken { request.headers.append(("X-Amz-Security-Token", token)) }
        request.headers.append(("Authorization", authorization(example)))

        let verified = try request.verified(
            by: SigV4Verifier(service: example.service, regions: ["us-east-1"]),
            credential: SignedRequest.exampleCredential(sessionToken: example.sessionToken))

        #expect(verified.accessKeyID == "AKIDEXAMPLE")
        #expect(verified.scope == CredentialScope(day: "20150830", region: "us-east-1", service: example.service))
        #expect(verified.signedAt == 1_440_938_160)
        #expect(verified.signedHeaders.joined(separator: ";") == example.signedHeaders)
        #expect(verified.sessionToken == example.sessionToken)
    }

    @Test(arguments: AWSExample.all)
    func `signing makes the published signature`(example: AWSExample) {
        var request = request(example)
        let credential = SignedRequest.exampleCredential(sessionToken: example.sessionToken)
        request.sign(
            with: SigV4Signer(credential: credential, region: "us-east-1", service: example.service),
            host: example.host)
        #expect(request.value("authorization") == authorization(example))
        #expect(request.value("x-amz-date") == "20150830T123600Z")
        #expect(request.value("x-amz-security-token") == example.sessionToken)
    }

    /// The keys of the two examples are c4afb1cc…c154a4b9 and f4780e2d…14db404d. A `SigningKey` does not show its
    /// bytes, so what is compared is the HMAC that each makes of "strongroom" (computed with Python's hmac module).
    @Test(arguments: [
        ("20150830", "d6ba07c299a4a2471d6a1b3bd4429eac91699060271ffe0e9d37e979f8701014"),
        ("20120215", "62cddd1f2658b64de5b43b651cbcb502341372ecff4a3301203c542b31d0cf02"),
    ])
    func `a signing key is derived as in the IAM User Guide`(day: String, expected: String) {
        let credential = SignedRequest.exampleCredential()
        let scope = CredentialScope(day: day, region: "us-east-1", service: "iam")
        let mac = credential.signingKey(for: scope).signature(of: Array("strongroom".utf8))
        let text = mac.map { byte in
            let digits = String(byte, radix: 16)
            return digits.count == 1 ? "0" + digits : digits
        }
        #expect(text.joined() == expected)
    }
}
