import SigV4
import Testing

/// A generator that gives the same requests on every run (SplitMix64).
private struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    mutating func text(upTo length: Int, from alphabet: String) -> String {
        let characters = Array(alphabet)
        return String(
            (0..<Int.random(in: 0...length, using: &self)).map { _ in characters.randomElement(using: &self)! })
    }
}

@Suite("What the verifier accepts")
struct VerificationTests {
    @Test func `whatever is signed verifies`() throws {
        var random = SeededGenerator(state: 20_150_830)
        for _ in 0..<500 {
            let credential = SigningCredential(
                accessKeyID: "AKIA" + random.text(upTo: 16, from: "ABC234"),
                secretAccessKey: random.text(upTo: 90, from: "abcXYZ019+/="),
                sessionToken: Bool.random(using: &random) ? random.text(upTo: 200, from: "abcXYZ019+/=") : nil)
            var request = SignedRequest(
                method: ["GET", "POST", "PUT"].randomElement(using: &random)!,
                path: "/" + random.text(upTo: 30, from: "aZ0-._~/%2é +"),
                query: random.text(upTo: 30, from: "aZ0-._~/%2é&=+"),
                body: (0..<Int.random(in: 0...300, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random)
                })
            for name in ["x-amz-target", "Content-Type", "X-One", "x-two", "X-Two"] where Bool.random(using: &random) {
                request.headers.append((name, random.text(upTo: 20, from: " aZ\t,;=")))
            }
            let now = Int64.random(in: 0...4_102_444_800, using: &random)
            let signer = SigV4Signer(credential: credential, region: "eu-west-3", service: "kms")
            request.sign(with: signer, host: random.text(upTo: 12, from: "abc.:1"), now: now)

            let skew = Int64.random(in: -900...900, using: &random)
            let verified = try request.verified(
                by: SigV4Verifier(service: "kms", regions: ["eu-west-3"]), now: now + skew, credential: credential)
            #expect(verified.accessKeyID == credential.accessKeyID)
            #expect(verified.signedAt == now)
            #expect(verified.sessionToken == credential.sessionToken)
        }
    }

    @Test(arguments: [-900, 900] as [Int64])
    func `a signature exactly 15 minutes off is good`(offset: Int64) throws {
        _ = try SignedRequest.encrypt().verified(now: SignedRequest.exampleTime + offset)
    }

    /// The signatures were computed apart from this code, with Python's hashlib and hmac.
    @Test(arguments: [
        ("Sun, 30 Aug 2015 12:36:00 GMT", "7bdab57bfe39b35d6ba7fde1ec23a39ba9ca32f89e24a1ea5981a16621eafe52"),
        ("20150830T123600Z", "6bd172aa8fb5c9edb09804c4e4e1cb6cc4b06ea6283394ff9a3339f89ff09d3a"),
    ])
    func `the Date header dates a request that has no x-amz-date`(date: String, signature: String) throws {
        var request = SignedRequest(headers: [("host", "kms.example.com"), ("date", date)])
        request.headers.append(
            (
                "authorization",
                """
                AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/eu-central-1/kms/aws4_request, \
                SignedHeaders=date;host, Signature=\(signature)
                """
            ))
        #expect(try request.verified().signedAt == SignedRequest.exampleTime)
    }

    @Test func `the credential is looked up on every request, so that a key that is gone stops at once`() throws {
        let request = SignedRequest.encrypt()
        let credential = SignedRequest.exampleCredential()
        _ = try request.verified(credential: credential)
        #expect(throws: SigV4Error.unrecognizedClient) { try request.verified(credential: nil) }
        let rotated = SigningCredential(accessKeyID: credential.accessKeyID, secretAccessKey: "rotated")
        #expect(throws: SigV4Error.signatureMismatch) { try request.verified(credential: rotated) }
    }

    @Test func `one credential signs for more scopes than it remembers`() throws {
        let credential = SignedRequest.exampleCredential()
        for pass in 0..<2 {
            for day in 0..<20 as Range<Int64> {
                let now = SignedRequest.exampleTime + day * 86_400
                let request = SignedRequest.encrypt(signedBy: SignedRequest.exampleCredential(), now: now)
                #expect(try request.verified(now: now, credential: credential).signedAt == now, "pass \(pass)")
            }
        }
    }

    @Test func `nothing that prints shows the secret`() {
        let credential = SignedRequest.exampleCredential()
        var dumped = ""
        dump(credential, to: &dumped)
        let signer = SigV4Signer(credential: credential, region: "eu-central-1", service: "kms")
        for text in ["\(credential)", "\(signer)", String(reflecting: credential), dumped] {
            #expect(!text.contains(SignedRequest.exampleSecret))
        }
        #expect("\(credential)" == "SigningCredential(AKIDEXAMPLE)")
    }
}
