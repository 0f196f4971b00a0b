import HTTPFront
import Hummingbird
import HummingbirdTesting
import KMSCore
import Logging
import NIOCore
import Synchronization
import Testing

@testable import KMSServer

@Suite struct `While the HSM is away at the start` {
    private let silent = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    private func application(_ room: WaitingRoom) throws -> Application<WaitingRoom> {
        let regions = Set(["eu-central-1"].compactMap { Region($0) })
        return try KMSServer.application(KMSServerConfiguration(regions: regions), responder: room, logger: silent)
    }

    @Test func `the server lives and is not ready, and asks every caller to try again`() async throws {
        try await application(WaitingRoom()).test(.router) { (client: any TestClientProtocol) async throws in
            func send(_ method: HTTPRequest.Method, _ uri: String, _ headers: HTTPFields = [:]) async throws -> Answer {
                try await client.execute(uri: uri, method: method, headers: headers, body: nil) { Answer($0) }
            }
            #expect(try await send(.get, "/healthz").status == 200)
            #expect(try await send(.get, "/readyz").status == 503)
            let call = try await send(.post, "/", [.amzTarget: "TrentService.Decrypt"])
            #expect(call.status == 500 && call.type == "KMSInternalException", "SDKs repeat what gets that")
            #expect(call.headers[.amznRequestID] != nil)
            let query = try await send(.post, "/", [.contentType: "application/x-www-form-urlencoded"])
            #expect(query.status == 500 && query.body.contains("<Code>InternalFailure</Code>"), "\(query)")
            #expect(try await send(.get, "/").status == 405)
            #expect(try await send(.get, "/metrics").status == 404)
        }
    }

    @Test func `it serves as soon as it can`() async throws {
        let server = try await TestServer()
        let room = WaitingRoom()
        try await application(room).test(.router) { (client: any TestClientProtocol) async throws in
            let caller = SignedClient(client: client, clock: server.clock)
            #expect(try await caller.send("ListKeys", "{}").status == 500)
            room.open(server.app.responder)
            #expect(try await caller.send("ListKeys", "{}").status == 200)
            #expect(try await caller.get("/readyz").status == 200)
        }
    }
}

@Suite struct `The metrics page` {
    private let silent = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    @Test func `is one page, in the format that its type says`() async throws {
        let page = try MetricsPage.application(host: "127.0.0.1", port: 0, logger: silent) { "a 1\n# EOF\n" }
        try await page.test(.router) { (client: any TestClientProtocol) async throws in
            let answer = try await client.execute(uri: "/metrics", method: .get) { Answer($0) }
            #expect(answer.status == 200 && answer.body == "a 1\n# EOF\n")
            #expect(answer.headers[.contentType]?.hasPrefix("application/openmetrics-text") == true)
            #expect(try await client.execute(uri: "/", method: .get) { Answer($0) }.status == 404)
            #expect(try await client.execute(uri: "/metrics", method: .post) { Answer($0) }.status == 405)
        }
    }

    @Test(arguments: ["0.0.0.0", "192.0.2.1", "::", "example.com"])
    func `is for this machine alone`(host: String) {
        #expect(throws: ServerSetupError.metricsBeyondLoopback(host: host)) {
            _ = try MetricsPage.application(host: host, port: 9470, logger: silent) { "" }
        }
    }
}

@Suite struct `The count of requests` {
    @Test func `is by operation and error`() async throws {
        let server = try await TestServer()
        try await server.routed { client in
            for _ in 0..<3 { _ = try await client.send("ListKeys", "{}") }
            _ = try await client.send("DescribeKey", #"{"KeyId":"alias/none"}"#)
            _ = try await client.with { $0.secret = "wrong" }.send("ListKeys", "{}")
            _ = try await client.send("NoSuchThing", "{}")
        }
        let counts = server.app.responder.counters.counts
        func count(_ operation: String, _ error: String?) -> Int {
            counts.first { $0.outcome.operation == operation && $0.outcome.error == error }?.count ?? 0
        }
        #expect(count("ListKeys", nil) == 3)
        #expect(count("DescribeKey", "NotFoundException") == 1)
        #expect(count("", "InvalidSignatureException") == 1, "who is not known has called nothing yet")
        #expect(count("", "UnknownOperationException") == 1, "no name that a caller made up")
        #expect(counts.count == 4)
    }
}
