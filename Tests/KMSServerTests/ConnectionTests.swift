import HTTPFront
import HTTPTypes
import KMSCore
import KMSTesting
import NIOCore
import ServiceLifecycle
import Testing

@testable import KMSServer

@Suite struct `No connection holds the server up` {
    private let head = "POST / HTTP/1.1\r\nHost: localhost\r\n"

    /// A server whose timeouts a test can wait for.
    private func server(_ edit: (inout ServerLimits) -> Void = { _ in }) async throws -> TestServer {
        try await TestServer { configuration in
            configuration.limits.arrivalTimeout = .milliseconds(400)
            configuration.limits.idleTimeout = .milliseconds(1200)
            configuration.limits.lingerTimeout = .milliseconds(400)
            edit(&configuration.limits)
        }
    }

    private func signed(_ client: SignedClient, _ operation: String, _ body: String) -> String {
        let fields = client.headers(operation, Array(body.utf8)).map { "\($0.name.rawName): \($0.value)\r\n" }
        return head + fields.joined() + "Content-Length: \(body.utf8.count)\r\n\r\n" + body
    }

    @Test func `a body that is declared too long is refused before it is sent, and the connection closed`() async throws
    {
        try await server().live { client in
            let connection = try await client.connect()
            try await connection.send(head + "Content-Length: 1048577\r\n\r\n")
            #expect(await connection.hasReceived("RequestEntityTooLargeException"))
            #expect(connection.text.hasPrefix("HTTP/1.1 413 "))
            #expect(connection.text.lowercased().contains("connection: close"))
            #expect(await connection.isClosed(within: .seconds(5)))
        }
    }

    @Test func `a body that is declared too long is refused while it is being sent, and the answer gets through`()
        async throws
    {
        try await server { $0.arrivalTimeout = .seconds(20) }.live { client in
            let connection = try await client.connect()
            try await connection.send(head + "Content-Length: 8388608\r\n\r\n")
            for _ in 0..<128 where (try? await connection.send(String(repeating: "x", count: 65_536))) == nil { break }
            #expect(await connection.hasReceived("RequestEntityTooLargeException"))
            #expect(await connection.isClosed(within: .seconds(5)))
        }
    }

    @Test func `nothing that comes behind a refused body is done`() async throws {
        try await server { $0.idleTimeout = .seconds(60) }.live { client in
            var keys = try await client.send("ListKeys", "{}")
            #expect(keys.status == 200)
            let connection = try await client.connect()
            let body = String(repeating: "x", count: (1 << 20) + 1)
            try await connection.send(head + "Content-Length: \(body.utf8.count)\r\n\r\n")
            #expect(await connection.hasReceived("RequestEntityTooLargeException"))
            #expect(await connection.isClosed(within: .seconds(5)), "the server's side of it")
            try? await connection.send(body + signed(client, "CreateKey", "{}"))
            // Longer than the server lingers.
            try await Task.sleep(for: .milliseconds(800))
            keys = try await client.send("ListKeys", "{}")
            #expect(keys.body.contains(#""Keys":[]"#))
        }
    }

    @Test func `a body in chunks is refused when it gets too long`() async throws {
        try await server { $0.arrivalTimeout = .seconds(20) }.live { client in
            let connection = try await client.connect()
            try await connection.send(head + "Transfer-Encoding: chunked\r\n\r\n")
            let chunk = "10000\r\n" + String(repeating: "x", count: 65_536) + "\r\n"
            for _ in 0..<17 where (try? await connection.send(chunk)) == nil { break }
            #expect(await connection.hasReceived("RequestEntityTooLargeException"))
            #expect(await connection.isClosed(within: .seconds(5)))
        }
    }

    @Test func `a body of exactly the limit is read`() async throws {
        try await server { $0.arrivalTimeout = .seconds(20) }.live { client in
            let body = #"{"x":""# + String(repeating: "x", count: (1 << 20) - 8) + #""}"#
            let longest = try await client.send("ListKeys", body)
            #expect(longest.status == 200)
            let tooLong = try await client.send("ListKeys", body + " ")
            #expect(tooLong.status == 413)
        }
    }

    @Test func `bodies that are never finished do not fill memory`() async throws {
        try await server {
            $0.maximumBodiesTogether = 100_000
            $0.arrivalTimeout = .seconds(20)
            $0.idleTimeout = .seconds(60)
        }.live { client in
            let hoarder = try await client.connect()
            try await hoarder.send(head + "Content-Length: 90000\r\n\r\n" + String(repeating: "x", count: 89_999))
            let body = #"{"x":""# + String(repeating: "x", count: 20_000) + #""}"#
            let begin = ContinuousClock.now
            var answer = try await client.send("ListKeys", "{}")
            while answer.status == 200, ContinuousClock.now - begin < .seconds(5) {
                let connection = try await client.connect()
                try await connection.send(signed(client, "ListKeys", body))
                if await connection.hasReceived("ThrottlingException", within: .milliseconds(200)) { break }
                answer = try await client.send("ListKeys", "{}")
            }
            #expect(ContinuousClock.now - begin < .seconds(5), "the hoarder's bytes are counted")
            try await hoarder.close()
            try await Task.sleep(for: .milliseconds(100))
            let again = try await client.send("ListKeys", body)
            #expect(again.status == 200)
        }
    }

    @Test func `chunks that stay below the limit are read`() async throws {
        try await server().live { client in
            let body = "{}"
            let connection = try await client.connect()
            let fields = client.headers("ListKeys", Array(body.utf8)).map { "\($0.name.rawName): \($0.value)\r\n" }
            try await connection.send(
                head + fields.joined() + "Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n1\r\n}\r\n0\r\n\r\n")
            #expect(await connection.hasReceived(#""Truncated":false"#))
        }
    }

    @Test(arguments: [
        "", "POST / HT", "POST / HTTP/1.1\r\nHost: localhost\r\nX: ",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n{",
    ])
    func `a first request that does not arrive whole ends the connection`(beginning: String) async throws {
        try await server().live { client in
            let connection = try await client.connect()
            if !beginning.isEmpty { try await connection.send(beginning) }
            #expect(await !connection.isClosed(within: .milliseconds(300)), "never early")
            #expect(await connection.isClosed(within: .seconds(5)))
        }
    }

    @Test func `bytes that trickle in do not prolong it`() async throws {
        try await server().live { client in
            let connection = try await client.connect()
            try await connection.send(head + "Content-Length: 100000\r\n\r\n")
            let begin = ContinuousClock.now
            while ContinuousClock.now - begin < .seconds(5), (try? await connection.send("x")) != nil {
                try await Task.sleep(for: .milliseconds(20))
            }
            #expect(ContinuousClock.now - begin < .seconds(3))
        }
    }

    @Test func `a head that trickles in on a connection in use ends it too`() async throws {
        try await server { $0.idleTimeout = .seconds(60) }.live { client in
            let connection = try await client.connect()
            try await connection.send(signed(client, "ListKeys", "{}"))
            #expect(await connection.hasReceived(#""Truncated":false"#))
            try await connection.send("POST / HTT")
            #expect(await connection.isClosed(within: .seconds(5)))
        }
    }

    @Test func `a connection without a request is kept for a while, and not for ever`() async throws {
        try await server().live { client in
            let connection = try await client.connect()
            try await connection.send(signed(client, "ListKeys", "{}"))
            #expect(await connection.hasReceived(#""Truncated":false"#))
            #expect(await !connection.isClosed(within: .milliseconds(900)), "longer than a request may take")
            #expect(await connection.isClosed(within: .seconds(5)))
        }
    }

    @Test func `a request that takes longer than any timeout to answer is answered`() async throws {
        let server = try await server()
        try await server.live { client in
            let key = try await client.createKey()
            server.backend.setDelay(.milliseconds(2000))
            let answer = try await client.send("Encrypt", #"{"KeyId":"\#(key)","Plaintext":"AA=="}"#)
            #expect(answer.status == 200)
        }
    }

    @Test func `requests that come one behind the other are answered in turn`() async throws {
        try await server().live { client in
            let connection = try await client.connect()
            let request = signed(client, "ListKeys", "{}")
            try await connection.send(request + request + request)
            for _ in 0..<200 where connection.text.split(separator: "HTTP/1.1 200").count < 3 {
                try await Task.sleep(for: .milliseconds(10))
            }
            #expect(connection.text.split(separator: "HTTP/1.1 200").count == 3)
            #expect(await connection.isClosed(within: .seconds(5)), "and it is idle behind the last")
        }
    }

    @Test func `a request to another path is answered before its body, and its connection goes on`() async throws {
        try await server().live { client in
            let connection = try await client.connect()
            try await connection.send("POST /x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\n")
            #expect(await connection.hasReceived("HTTP/1.1 404 "))
            try await connection.send("01234" + signed(client, "ListKeys", "{}"))
            #expect(await connection.hasReceived(#""Truncated":false"#))
            #expect(await connection.isClosed(within: .seconds(5)), "and it is idle in the end")
        }
    }

    @Test func `headers that are too long or too many`() async throws {
        let long = "X: " + String(repeating: "x", count: 17_000) + "\r\n"
        let together = (0..<20).map { "X\($0): " + String(repeating: "x", count: 1000) + "\r\n" }.joined()
        let many = (0..<101).map { "X\($0): x\r\n" }.joined()
        try await server().live { client in
            for fields in [long, together, many] {
                let connection = try await client.connect()
                try await connection.send(head + fields + "\r\n")
                #expect(await connection.hasReceived("HTTP/1.1 400 "))
                #expect(connection.text.hasSuffix("\r\n\r\n"), "it never came to the API")
                #expect(await connection.isClosed(within: .seconds(5)))
            }
        }
    }

    @Test(arguments: ["\u{16}\u{3}\u{1}\u{2}\u{0}", "GET\r\n\r\n", "POST / HTTP/1.1\r\nContent-Length: x\r\n\r\n"])
    func `what is no HTTP`(text: String) async throws {
        try await server().live { client in
            let connection = try await client.connect()
            try await connection.send(text)
            #expect(await connection.isClosed(within: .seconds(5)))
            #expect(!connection.text.contains("200"))
        }
    }

    @Test func `no more connections than allowed are served at a time`() async throws {
        try await server {
            $0.maximumConnections = 2
            $0.arrivalTimeout = .seconds(20)
            $0.idleTimeout = .seconds(60)
        }.serving { client, _ in
            let (first, second) = (try await client.connect(), try await client.connect())
            for connection in [first, second] {
                try await connection.send(signed(client, "ListKeys", "{}"))
                #expect(await connection.hasReceived(#""Truncated":false"#))
            }
            let third = try await client.connect()
            try await third.send(signed(client, "ListKeys", "{}"))
            #expect(await !third.hasReceived("HTTP/1.1", within: .milliseconds(300)))
            try await second.close()
            #expect(await third.hasReceived(#""Truncated":false"#))
        }
    }

    @Test func `a server that is told to stop answers what it has begun, and closes what waits`() async throws {
        let server = try await server { $0.idleTimeout = .seconds(60) }
        let caller = try #require(TestDirectory.callers["AKIAIOSFODNN7EXAMPLE"])
        let region = try #require(Region("eu-central-1"))
        let key = try await server.store.createKey(NewKey(), by: CallContext(principal: caller, region: region))
        server.backend.setDelay(.milliseconds(500))
        try await server.serving { client, group in
            let (idle, busy) = (try await client.connect(), try await client.connect())
            try await idle.send(signed(client, "ListKeys", "{}"))
            #expect(await idle.hasReceived(#""Truncated":false"#))
            try await busy.send(signed(client, "Encrypt", #"{"KeyId":"\#(key.key.address.id)","Plaintext":"AA=="}"#))
            try await Task.sleep(for: .milliseconds(100))
            await group.triggerGracefulShutdown()
            #expect(await idle.isClosed(within: .seconds(2)))
            #expect(await busy.hasReceived("CiphertextBlob"))
            #expect(await busy.isClosed(within: .seconds(2)))
        }
    }

    @Test func `many connections at once get each its own answer`() async throws {
        try await server { $0.arrivalTimeout = .seconds(20) }.live { client in
            let key = try await client.createKey()
            await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<16 {
                    group.addTask {
                        let connection = try await client.connect()
                        for round in 0..<20 {
                            let id = "\(number)-\(round)"
                            try await connection.send(
                                signed(client, "UpdateAlias", #"{"AliasName":"alias/\#(id)","TargetKeyId":"\#(key)"}"#))
                            #expect(await connection.hasReceived("alias/\(id) is not found"))
                        }
                        try await connection.close()
                    }
                }
            }
        }
    }
}
