import SigV4
import Testing

@Suite("Any change to a signed request")
struct TamperingTests {
    private func mutations(of text: String) -> [String] {
        let bytes = Array(text.utf8)
        return bytes.indices.flatMap { index in
            (0..<7).map { bit in
                var changed = bytes
                changed[index] ^= 1 << bit
                return String(decoding: changed, as: UTF8.self)
            }
        }
    }

    @Test func `one flipped bit anywhere in the Authorization header is refused`() throws {
        let request = SignedRequest.encrypt()
        _ = try request.verified()
        for changed in mutations(of: try #require(request.value("authorization"))) {
            var forged = request
            forged.set("authorization", to: changed)
            #expect(throws: SigV4Error.self, "\(changed) was accepted") { try forged.verified() }
        }
    }

    @Test(arguments: ["host", "x-amz-date", "x-amz-target", "content-type"])
    func `one flipped bit anywhere in a signed header is refused`(name: String) throws {
        let request = SignedRequest.encrypt()
        for changed in mutations(of: try #require(request.value(name))) {
            var forged = request
            forged.set(name, to: changed)
            #expect(throws: SigV4Error.self, "\(name): \(changed) was accepted") { try forged.verified() }
        }
    }

    @Test func `one flipped bit anywhere in the body is refused`() {
        let request = SignedRequest.encrypt()
        for index in request.body.indices {
            var forged = request
            forged.body[index] ^= 1
            #expect(throws: SigV4Error.signatureMismatch) { try forged.verified() }
        }
    }

    @Test func `another method, path or query is refused`() {
        let changes: [(inout SignedRequest) -> Void] = [
            { $0.method = "GET" }, { $0.path = "/x" }, { $0.query = "a=b" }, { $0.body.append(0) },
            { $0.headers.append(("x-amz-target", "TrentService.Decrypt")) },
        ]
        for change in changes {
            var forged = SignedRequest.encrypt()
            change(&forged)
            #expect(throws: SigV4Error.signatureMismatch) { try forged.verified() }
        }
    }

    @Test func `a header that is not signed may change`() throws {
        var request = SignedRequest.encrypt()
        request.set("user-agent", to: "aws-cli/2")
        request.set("x-amzn-trace-id", to: "Root=1-67891233-abcdef012345678912345678")
        let verified = try request.verified()
        #expect(verified.signedHeaders == ["content-type", "host", "x-amz-date", "x-amz-target"])
    }
}
