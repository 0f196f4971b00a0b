import KMSCore
import KMSTesting
import Testing

@testable import KMSServer

@Suite struct `Request quotas over HTTP` {
    /// A server with the default quotas, but for these.
    func server(_ overrides: [String: QuotaLimits.Rate] = [:]) async throws -> TestServer {
        try await TestServer(quotas: try QuotaLimits().overriding(overrides))
    }

    @Test func `refuse as AWS does, and nothing is made`() async throws {
        let server = try await server()
        try await server.routed { (client) async throws in
            for _ in 0..<5 { _ = try await client.createKey() }
            let made = server.backend.calls(of: .generateKey)
            let answer = try await client.send("CreateKey", "{}")
            #expect(answer.status == 400 && answer.type == "ThrottlingException")
            #expect(
                answer.message
                    == "You have exceeded the rate at which you may call KMS. Reduce the frequency of your calls.")
            #expect(server.backend.calls(of: .generateKey) == made)
            server.clock.advance(byMilliseconds: 200)
            _ = try await client.createKey()
            #expect(try await client.send("CreateKey", "{}").type == "ThrottlingException")
        }
    }

    @Test func `are shared by symmetric operations, and apart from all else`() async throws {
        let server = try await server(["symmetric": .perSecond(4)])
        try await server.routed { (client) async throws in
            let key = try await client.createKey()
            let mac = try await client.createKey(#""KeySpec":"HMAC_256","KeyUsage":"GENERATE_VERIFY_MAC""#)
            let calls = [
                ("Encrypt", #"{"KeyId":"\#(key)","Plaintext":"AAEC"}"#),
                ("GenerateDataKey", #"{"KeyId":"\#(key)","KeySpec":"AES_256"}"#),
                ("GenerateMac", #"{"KeyId":"\#(mac)","Message":"AAEC","MacAlgorithm":"HMAC_SHA_256"}"#),
                ("GenerateRandom", #"{"NumberOfBytes":1}"#),
            ]
            for (operation, body) in calls { #expect(try await client.send(operation, body).status == 200) }
            for (operation, body) in calls {
                #expect(try await client.send(operation, body).type == "ThrottlingException")
            }
            #expect(try await client.send("DescribeKey", #"{"KeyId":"\#(key)"}"#).status == 200)
            #expect(try await client.send("ListKeys", "{}").status == 200)
        }
    }

    @Test func `are each account's and Region's own`() async throws {
        try await server(["ListKeys": .perSecond(1)]).routed { (client) async throws in
            let others = [
                client.with { $0.accessKey = "AKIAI44QH8DHBEXAMPLE" }, client.with { $0.region = "us-east-1" },
            ]
            for client in [client] + others {
                #expect(try await client.send("ListKeys", "{}").status == 200)
                #expect(try await client.send("ListKeys", "{}").type == "ThrottlingException")
            }
        }
    }

    @Test func `count what policies refuse, and not what cannot be read`() async throws {
        try await server(["DescribeKey": .perSecond(2)]).routed { (client) async throws in
            let key = #"{"KeyId":"arn:aws:kms:eu-central-1:444455556666:key/\#(KeyID.random())"}"#
            for _ in 0..<5 { #expect(try await client.send("DescribeKey", "{}").type == "ValidationException") }
            for _ in 0..<2 { #expect(try await client.send("DescribeKey", key).type == "AccessDeniedException") }
            #expect(try await client.send("DescribeKey", key).type == "ThrottlingException")
        }
    }
}
