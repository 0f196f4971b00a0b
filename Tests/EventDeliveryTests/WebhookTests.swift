import EventDelivery
import HTTPTypes
import Hummingbird
import KMSCore
import KMSTesting
import Logging
import NIOCore
import ServiceLifecycle
import Synchronization
import Testing

@Suite struct `The webhook` {
    @Test func `takes every event once, in its order, when nothing goes wrong`() async throws {
        let receiver = Receiver()
        try await receiver.serving { webhook in
            webhook.deliver((0..<5).map { Self.event($0) })
            try await receiver.wait(forDeliveries: 5)
        }
        #expect(receiver.bodies == (0..<5).map { #"{"number":\#($0)}"# })
        #expect(receiver.headers.allSatisfy { $0.contains("application/json") && $0.contains("Bearer sesame") })
    }

    @Test func `is given an event again until it takes it, and the next ones after it`() async throws {
        let receiver = Receiver(refusing: 2)
        try await receiver.serving { webhook in
            webhook.deliver([Self.event(0), Self.event(1)])
            try await receiver.wait(forDeliveries: 2)
        }
        #expect(receiver.bodies == [#"{"number":0}"#, #"{"number":0}"#, #"{"number":0}"#, #"{"number":1}"#])
        #expect(receiver.delivered == ["event-0", "event-1"])
    }

    @Test(arguments: [
        ("", WebhookSetupError.noURL), ("not a url", .noURL), ("https://", .noURL),
        ("http://alarms.example.com/x", .notSecure), ("ftp://localhost/x", .notSecure),
        ("http://127.example.com/x", .notSecure),
    ])
    func `is refused a URL that is none, or not secure`(url: String, error: WebhookSetupError) {
        #expect(throws: error) { try Webhook(Webhook.Settings(url: url), logger: .silent) }
    }

    @Test(arguments: ["http://localhost:9/x", "http://127.0.0.1:9/x", "http://[::1]:9/x", "https://example.com"])
    func `may be on this machine without TLS, and anywhere with it`(url: String) async throws {
        let webhook = try Webhook(Webhook.Settings(url: url), logger: .silent)
        let task = Task { await webhook.run { _ in } }
        task.cancel()
        await task.value
    }

    private static func event(_ number: Int) -> OutboxItem {
        OutboxItem(
            id: "event-\(number)", queue: .events, body: Array(#"{"number":\#(number)}"#.utf8),
            date: Timestamp(seconds: 0))
    }
}

/// An HTTP server that refuses so many requests, and remembers what it was sent.
private final class Receiver: Sendable {
    private struct State {
        var refusals: Int
        var bodies: [String] = []
        var headers: [String] = []
        var delivered: [String] = []
    }

    private let state: Mutex<State>

    init(refusing count: Int = 0) {
        state = Mutex(State(refusals: count))
    }

    var bodies: [String] { state.withLock { $0.bodies } }
    var headers: [String] { state.withLock { $0.headers } }
    var delivered: [String] { state.withLock { $0.delivered } }

    func wait(forDeliveries count: Int) async throws {
        while delivered.count < count { try await Task.sleep(for: .milliseconds(20)) }
    }

    func serving(_ test: (Webhook) async throws -> Void) async throws {
        let (ports, listening) = AsyncStream.makeStream(of: Int.self)
        let router = Router()
        router.post("/events") { request, _ in
            let body = try await request.body.collect(upTo: 1 << 20)
            return self.state.withLock { state -> HTTPResponse.Status in
                state.bodies.append(String(buffer: body))
                state.headers.append("\(request.headers)")
                guard state.refusals > 0 else { return .noContent }
                state.refusals -= 1
                return .serviceUnavailable
            }
        }
        let application = Application(
            router: router, configuration: ApplicationConfiguration(address: .hostname("127.0.0.1", port: 0)),
            onServerRunning: { listening.yield($0.localAddress?.port ?? 0) }, logger: .silent)
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(services: [application], logger: .silent))
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            for await port in ports {
                let webhook = try Webhook(
                    Webhook.Settings(url: "http://127.0.0.1:\(port)/events", authorization: "Bearer sesame"),
                    logger: .silent)
                let delivery = Task {
                    await webhook.run { id in self.state.withLock { $0.delivered.append(id) } }
                }
                try await test(webhook)
                delivery.cancel()
                await delivery.value
                break
            }
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
        }
    }
}

extension Logger {
    fileprivate static let silent = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
}
