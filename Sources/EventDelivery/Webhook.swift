import AsyncHTTPClient
import FoundationEssentials
package import KMSCore
package import Logging
import NIOCore
import NIOHTTP1
import NIOSSL
import Synchronization

/// Sends events to an HTTP endpoint, each at least once and in their order: one that is not taken is tried again until
/// it is, with growing pauses, and after a restart.
///
/// An event is a POST of its JSON object. Any 2xx answer means that it was taken; its `id` tells one that comes twice.
package final class Webhook: EventOutlet {
    /// Where events go.
    package struct Settings: Sendable {
        /// https; http for a loopback address alone.
        package var url: String
        /// Sent as `Authorization`, if there is one.
        package var authorization: String?
        /// PEM certificates to trust besides the system's.
        package var trustRoots: String?

        package init(url: String, authorization: String? = nil, trustRoots: String? = nil) {
            self.url = url
            self.authorization = authorization
            self.trustRoots = trustRoots
        }
    }

    /// How many events may wait in memory. More stay in the outbox until the next start.
    private static let maximumWaiting = 10_000
    private static let timeout = TimeAmount.seconds(10)
    private static let longestPause = Duration.seconds(300)

    private let settings: Settings
    private let configuration: HTTPClient.Configuration
    private let logger: Logger
    private let waiting = Mutex(Waiting())

    private struct Waiting {
        var events: [OutboxItem] = []
        var wakeUp: CheckedContinuation<Void, Never>?
        var didWarn = false
    }

    /// Throws ``WebhookSetupError`` for a URL that events may not be sent to.
    package init(_ settings: Settings, logger: Logger) throws {
        guard let url = URL(string: settings.url), let host = url.host, !host.isEmpty else {
            throw WebhookSetupError.noURL
        }
        guard url.scheme == "https" || url.scheme == "http" && Self.isLoopback(host) else {
            throw WebhookSetupError.notSecure
        }
        var tls = TLSConfiguration.makeClientConfiguration()
        if let file = settings.trustRoots {
            guard let certificates = try? NIOSSLCertificate.fromPEMFile(file), !certificates.isEmpty else {
                throw WebhookSetupError.noCertificates(file: file)
            }
            tls.additionalTrustRoots = [.certificates(certificates)]
        }
        var configuration = HTTPClient.Configuration(
            tlsConfiguration: tls, redirectConfiguration: .disallow,
            timeout: HTTPClient.Configuration.Timeout(connect: Self.timeout, read: Self.timeout))
        // A proxy of the environment would see what the webhook is told.
        configuration.proxy = nil
        self.configuration = configuration
        self.settings = settings
        self.logger = logger
    }

    private static func isLoopback(_ host: String) -> Bool {
        if ["localhost", "::1", "[::1]"].contains(host) { return true }
        // A name may begin so, too.
        return host.hasPrefix("127.") && (try? SocketAddress(ipAddress: host, port: 0)) != nil
    }

    package func deliver(_ events: [OutboxItem]) {
        let (wakeUp, isFull) = waiting.withLock { waiting in
            let room = max(0, Self.maximumWaiting - waiting.events.count)
            waiting.events += events.prefix(room)
            let isFull = room < events.count && !waiting.didWarn
            if isFull { waiting.didWarn = true }
            defer { waiting.wakeUp = nil }
            return (waiting.wakeUp, isFull)
        }
        if isFull {
            logger.error("too many events wait for the webhook: further ones are sent after the next start")
        }
        wakeUp?.resume()
    }

    /// Sends what there is to send, until the task is cancelled. `didDeliver` is told of each event that was taken.
    package func run(_ didDeliver: (_ id: String) -> Void) async {
        let client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
        await withTaskCancellationHandler {
            var pause = Duration.seconds(1)
            while let event = await next() {
                do {
                    try await send(event, with: client)
                    waiting.withLock { _ = $0.events.removeFirst() }
                    didDeliver(event.id)
                    pause = .seconds(1)
                } catch {
                    if Task.isCancelled { break }
                    logger.warning(
                        "the webhook did not take an event; it is sent again",
                        metadata: ["event": "\(event.id)", "cause": "\(Self.reason(error))", "in": "\(pause)"])
                    // Not all servers at once after an outage.
                    try? await Task.sleep(for: pause * Double.random(in: 0.75...1.25))
                    pause = min(pause * 2, Self.longestPause)
                }
            }
        } onCancel: {
            waiting.withLock { waiting in
                defer { waiting.wakeUp = nil }
                return waiting.wakeUp
            }?.resume()
        }
        try? await client.shutdown()
    }

    /// The event whose turn it is; nil when the task is cancelled.
    private func next() async -> OutboxItem? {
        while !Task.isCancelled {
            if let event = waiting.withLock({ $0.events.first }) { return event }
            await withCheckedContinuation { continuation in
                let isWaiting = waiting.withLock { waiting in
                    guard waiting.events.isEmpty, !Task.isCancelled else { return false }
                    waiting.wakeUp = continuation
                    return true
                }
                if !isWaiting { continuation.resume() }
            }
        }
        return nil
    }

    private func send(_ event: OutboxItem, with client: HTTPClient) async throws {
        var request = HTTPClientRequest(url: settings.url)
        request.method = .POST
        request.headers.add(name: "Content-Type", value: "application/json")
        request.headers.add(name: "User-Agent", value: "strongroom")
        if let authorization = settings.authorization {
            request.headers.add(name: "Authorization", value: authorization)
        }
        request.body = .bytes(ByteBuffer(bytes: event.body))
        let response = try await client.execute(request, timeout: Self.timeout)
        // Read, so that the connection can be used again; what it says is of no interest.
        _ = try? await response.body.collect(upTo: 64 << 10)
        guard (200..<300).contains(response.status.code) else { throw Refusal(status: Int(response.status.code)) }
    }

    private struct Refusal: Error {
        let status: Int
    }

    /// Never the URL or the authorization, which may hold a secret.
    private static func reason(_ error: any Error) -> String {
        switch error {
        case let refusal as Refusal: "status \(refusal.status)"
        case let error as HTTPClientError: error.description
        default: "\(type(of: error))"
        }
    }
}

/// Why events cannot be sent to an endpoint.
package enum WebhookSetupError: Error, Equatable {
    case noURL
    case notSecure
    case noCertificates(file: String)
}

extension WebhookSetupError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .noURL: "the webhook's url is no URL with a host"
        case .notSecure: "the webhook's url is not https"
        case .noCertificates(let file): "the webhook's trust roots cannot be read from \(file)"
        }
    }

    /// What to do about it.
    package var hint: String {
        switch self {
        case .noURL: "write it like https://alarms.example.com/strongroom"
        case .noCertificates: "events.webhook.trustRoots names a PEM file with certificates"
        case .notSecure: "events tell which keys there are: use https; http is for loopback addresses alone"
        }
    }
}
