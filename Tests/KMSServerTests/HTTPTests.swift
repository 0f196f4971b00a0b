import HTTPFront
import HTTPTypes
import KMSCore
import NIOCore
import Testing

@testable import KMSServer

@Suite struct `HTTP around the API` {
    @Test func `answers carry a request id of their own, a type and a length`() async throws {
        try await TestServer().live { client in
            var ids: Set<String> = []
            for operation in ["ListKeys", "ListKeys", "Foo"] {
                let answer = try await client.send(operation, "{}")
                #expect(answer.headers[.contentType] == "application/x-amz-json-1.1")
                #expect(answer.headers[.contentLength] == "\(answer.body.utf8.count)")
                let id = try #require(answer.headers[.amznRequestID])
                #expect(id.wholeMatch(of: /[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/) != nil)
                ids.insert(id)
            }
            #expect(ids.count == 3)
        }
    }

    @Test func `answers have a date, which clients set their clocks by`() async throws {
        try await TestServer().live { client in
            let answer = try await client.send("ListKeys", "{}")
            #expect(answer.headers[.date] != nil)
        }
    }

    @Test(arguments: [nil, "Foo", "listKeys"])
    func `an operation that AWS has not`(operation: String?) async throws {
        try await TestServer().routed { client in
            let answer = try await client.send(operation, "{}")
            #expect(answer.type == "UnknownOperationException" && answer.status == 400)
        }
    }

    @Test func `a body that is no JSON`() async throws {
        try await TestServer().routed { client in
            let answer = try await client.send("ListKeys", "{")
            #expect(answer.type == "SerializationException" && answer.status == 400)
        }
    }

    @Test func `other paths and methods`() async throws {
        try await TestServer().live { client in
            let elsewhere = try await client.send("ListKeys", "{}", uri: "/keys")
            #expect(elsewhere.status == 404 && elsewhere.type == "UnknownOperationException")
            let get = try await client.get("/")
            #expect(get.status == 405 && get.headers[.allow] == "POST")
            // The connection is as good as before.
            #expect(try await client.send("ListKeys", "{}").status == 200)
        }
    }

    @Test func `liveness is open, and true while there is an answer`() async throws {
        let server = try await TestServer()
        server.backend.fail(with: KMSError(.keyUnavailable, "the token in slot 7 is gone"))
        try await server.live { client in
            let answer = try await client.get("/healthz")
            #expect(answer.status == 200 && answer.body == #"{"status":"ok"}"#)
        }
    }

    @Test func `readiness is open, follows the backend, and asks it once a second`() async throws {
        let server = try await TestServer()
        let start = ContinuousClock.now
        try await server.routed { client in
            for _ in 0..<20 {
                let answer = try await client.get("/readyz")
                #expect(answer.status == 200)
            }
            // One for each second begun: on a busy machine the twenty may take longer than one.
            let seconds = Int((ContinuousClock.now - start) / .seconds(1))
            #expect((1...(1 + seconds)).contains(server.backend.healthChecks))
        }
        server.backend.fail(with: KMSError(.keyUnavailable, "the token in slot 7 is gone"))
        try await Task.sleep(for: .milliseconds(1100))
        try await server.routed { client in
            let answer = try await client.get("/readyz")
            #expect(answer.status == 503 && answer.body == #"{"status":"unavailable"}"#)
        }
    }

    @Test func `many ask for readiness at once, the backend is asked once`() async throws {
        let server = try await TestServer()
        let readiness = Readiness(of: server.store, lifetime: .seconds(60))
        await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<100 { group.addTask { await readiness.isReady } }
            for await isReady in group { #expect(isReady) }
        }
        #expect(server.backend.healthChecks == 1)
    }

    @Test func `request ids do not repeat`() {
        var ids: Set<String> = []
        for _ in 0..<10_000 { ids.insert(FrontRequestID().description) }
        #expect(ids.count == 10_000)
    }
}
