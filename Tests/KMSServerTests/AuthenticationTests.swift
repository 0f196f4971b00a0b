import HTTPTypes
import KMSTesting
import Testing

@testable import KMSServer

/// What SigV4 itself has to say is tested in SigV4Tests: this is whether it is asked, and how it is answered.
@Suite struct `Only signed requests are served` {
    private func expect(
        _ type: String, _ message: String? = nil, sourceLocation: SourceLocation = #_sourceLocation,
        from send: @Sendable (SignedClient) async throws -> Answer
    ) async throws {
        try await TestServer().routed { client in
            let answer = try await send(client)
            #expect(answer.status == 400 && answer.type == type, "\(answer)", sourceLocation: sourceLocation)
            if let message {
                #expect(answer.message?.contains(message) == true, "\(answer)", sourceLocation: sourceLocation)
            }
        }
    }

    @Test func `without a signature`() async throws {
        try await expect("MissingAuthenticationTokenException") { client in
            try await client.send("ListKeys", "{}") { $0[.authorization] = nil }
        }
    }

    @Test func `with another scheme`() async throws {
        try await expect("MissingAuthenticationTokenException") { client in
            try await client.send("ListKeys", "{}") { $0[.authorization] = "Basic YTpi" }
        }
    }

    @Test func `with half an Authorization header`() async throws {
        try await expect("IncompleteSignatureException") { client in
            try await client.send("ListKeys", "{}") { $0[.authorization] = "AWS4-HMAC-SHA256 Credential=a" }
        }
    }

    @Test func `with the wrong secret`() async throws {
        try await expect("InvalidSignatureException", "does not match") { client in
            try await client.with { $0.secret = "no" }.send("ListKeys", "{}")
        }
    }

    @Test func `with an unknown access key`() async throws {
        try await expect("UnrecognizedClientException", "security token") { client in
            try await client.with { $0.accessKey = "AKIAXXXXXXXXXXXXXXXX" }.send("ListKeys", "{}")
        }
    }

    @Test(arguments: [-901 as Int64, 901])
    func `signed too long ago, or too far ahead`(skew: Int64) async throws {
        try await expect("InvalidSignatureException", "Signature") { client in
            try await client.with { $0.skew = skew }.send("ListKeys", "{}")
        }
    }

    @Test func `replayed when it has expired`() async throws {
        let server = try await TestServer()
        try await server.routed { client in
            let headers = client.headers("ListKeys", [])
            let fresh = try await client.post(headers, "")
            #expect(fresh.status == 200)
            server.clock.advance(bySeconds: 901)
            let replayed = try await client.post(headers, "")
            #expect(replayed.type == "InvalidSignatureException")
        }
    }

    @Test func `for a Region that is not served here, or another service`() async throws {
        try await expect("InvalidSignatureException", "region") { client in
            try await client.with { $0.region = "ap-south-1" }.send("ListKeys", "{}")
        }
        try await expect("InvalidSignatureException", "service") { client in
            try await client.with { $0.service = "s3" }.send("ListKeys", "{}")
        }
    }

    @Test func `with another body than was signed`() async throws {
        try await TestServer().routed { client in
            let headers = client.headers("ListKeys", Array("{}".utf8))
            let answer = try await client.post(headers, #"{"Limit":1}"#)
            #expect(answer.type == "InvalidSignatureException")
        }
    }

    @Test func `with another target than was signed`() async throws {
        try await expect("InvalidSignatureException") { client in
            try await client.send("ListKeys", "{}") { $0[.amzTarget] = "TrentService.CreateKey" }
        }
    }

    @Test func `with the signature in the query`() async throws {
        try await expect("IncompleteSignatureException", "Presigned") { client in
            try await client.send("ListKeys", "{}", uri: "/?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Signature=0")
        }
    }

    @Test func `before anything is read into the body or the target`() async throws {
        try await expect("MissingAuthenticationTokenException") { client in
            try await client.send("Foo", "{") { $0[.authorization] = nil }
        }
        try await expect("InvalidSignatureException") { client in
            try await client.with { $0.secret = "no" }.send("Foo", "{")
        }
    }
}
