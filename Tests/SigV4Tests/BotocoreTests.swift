import SigV4
import Testing

/// Signatures that botocore 1.43.11 made (`SigV4Auth` with the clock held at 20150830T123600Z): what boto3 and the AWS
/// CLI put on the wire.
@Suite("botocore's signatures")
struct BotocoreTests {
    private static let target: [(name: String, value: String)] = [
        ("X-Amz-Target", "TrentService.Encrypt"), ("Content-Type", "application/x-amz-json-1.1"),
        ("User-Agent", "Boto3/1.43"), ("X-Amz-Date", "20150830T123600Z"),
    ]
    private static let body = Array(#"{"KeyId":"alias/strongroom","Plaintext":"aGVsbG8="}"#.utf8)

    private func verify(
        _ request: SignedRequest, region: String = "us-east-1", names: String, signature: String,
        sessionToken: String? = nil
    ) throws {
        var request = request
        request.headers.append(
            (
                "Authorization",
                """
                AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/\(region)/kms/aws4_request, \
                SignedHeaders=\(names), Signature=\(signature)
                """
            ))
        let verified = try request.verified(
            by: SigV4Verifier(service: "kms", regions: ["us-east-1", "eu-central-1"]),
            credential: SignedRequest.exampleCredential(sessionToken: sessionToken))
        #expect(verified.region == region)
    }

    @Test func `a KMS call verifies`() throws {
        try verify(
            SignedRequest(headers: Self.target + [("Host", "kms.eu-central-1.amazonaws.com")], body: Self.body),
            region: "eu-central-1", names: "content-type;host;x-amz-date;x-amz-target",
            signature: "cc6ee546dacc8fe5cc6b8e8f1f79407c69581d5f3b72bc7950942ef0992740f0")
    }

    @Test func `a call with a session token to a port of its own verifies`() throws {
        let token = "FwoGZXIvYXdzEXAMPLETOKEN//////////wEaDA=="
        let headers = Self.target + [("Host", "127.0.0.1:8443"), ("X-Amz-Security-Token", token)]
        try verify(
            SignedRequest(headers: headers, body: Self.body), region: "eu-central-1",
            names: "content-type;host;x-amz-date;x-amz-security-token;x-amz-target",
            signature: "22ce6ca8a3b0a3dd86d57099aab6da8e81eaa797e9ef701cf8b5fb1839135027", sessionToken: token)
    }

    @Test func `a path with escapes is escaped once more`() throws {
        try verify(
            SignedRequest(
                path: "/a%20b/%7Ec/./x/../y//", headers: Self.target + [("Host", "localhost:8443")], body: Self.body),
            names: "content-type;host;x-amz-date;x-amz-target",
            signature: "0c7796565cf6906f9b591571543a35c309d3f37b5e5c0fb8d94a775fdaa5af0b")
    }

    @Test func `a query is sorted by name and value, and whitespace in a header collapses`() throws {
        let headers = [
            ("Host", "kms.us-east-1.amazonaws.com"), ("X-Spaces", "  a   b\t c  "), ("X-Amz-Date", "20150830T123600Z"),
        ]
        try verify(
            SignedRequest(method: "GET", query: "b=2&a=%2F&a=%20x&Z=1&empty=", headers: headers),
            names: "host;x-amz-date;x-spaces",
            signature: "bf06be679536454e11313af8b7de310b0b5becdf577e72f9cc5fea8e9c9f6a50")
    }

    @Test func `a call with all the headers that an SDK may sign verifies`() throws {
        let headers =
            Self.target + [
                ("Host", "kms.us-east-1.amazonaws.com"),
                ("X-Amz-Content-SHA256", "27a9c72921ee87e1a5aad29227f9b93b891d082d8f048cdc0adad9e1e379f780"),
                ("amz-sdk-invocation-id", "0e4a1f6e-0000-4a4e-8f2e-000000000001"), ("amz-sdk-request", "attempt=1"),
            ]
        try verify(
            SignedRequest(headers: headers, body: Self.body),
            names:
                "amz-sdk-invocation-id;amz-sdk-request;content-type;host;x-amz-content-sha256;x-amz-date;x-amz-target",
            signature: "390cc5070f37933c056816bc6473976c14449c3979f1f8940a875d5c6d292e40")
    }
}
