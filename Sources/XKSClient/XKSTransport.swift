import AsyncHTTPClient
import KMSCore
import NIOCore
import NIOHTTP1
import NIOSSL
import SigV4

/// Carries signed requests to one proxy over HTTPS, each within its time.
struct XKSTransport: Sendable {
    struct Answer: Sendable {
        let status: Int
        let body: [UInt8]
    }

    /// What AWS KMS gives a proxy, the connection's set-up included ("Latency", XKS Proxy API).
    static let budget = TimeAmount.milliseconds(250)
    /// Less than the budget: a connection that is still being made when its request is given up would fail the next
    /// attempt, too, which waits for it.
    private static let connectBudget = TimeAmount.milliseconds(230)
    /// How many requests are with a proxy at a time; more wait for one to end, within their budget.
    private static let connections = 128
    /// No answer of the API has as much: a plaintext of 4,300 bytes is 5,736 characters.
    private static let maximumAnswer = 65_536

    private let client: HTTPClient
    private let base: String
    private let host: String
    private let path: String
    private let signer: SigV4Signer
    private let clock: any KMSClock

    init(
        _ address: XKSProxyAddress, at target: XKSProxyTarget, _ credential: SigningCredential, region: String,
        clock: any KMSClock
    ) {
        var configuration = HTTPClient.Configuration(
            tlsConfiguration: target.tls, redirectConfiguration: .disallow,
            timeout: HTTPClient.Configuration.Timeout(connect: Self.connectBudget, read: Self.budget))
        configuration.httpVersion = .http1Only
        configuration.decompression = .disabled
        // A proxy of the environment would see what is asked for.
        configuration.proxy = nil
        configuration.connectionPool.idleTimeout = .seconds(60)
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = Self.connections
        // What cannot be reached is to be told at once; whether it is tried again is decided above.
        configuration.connectionPool.retryConnectionEstablishment = false
        if let address = target.address { configuration.dnsOverride = [target.host: address] }
        client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
        base = "https://\(target.host):\(target.port)"
        host = target.host
        path = address.uriPath
        signer = SigV4Signer(credential: credential, region: region, service: "kms-xks-proxy")
        self.clock = clock
    }

    /// Ends all connections.
    func shutdown() async {
        try? await client.shutdown()
    }

    /// Posts `body`, and once more where the network failed, as AWS KMS does.
    func post(_ body: [UInt8], to operation: String) async throws(XKSProxyFailure) -> Answer {
        do throws(XKSProxyFailure) {
            return try await attempt(body, to: operation)
        } catch {
            guard error.kind == .timedOut || error.kind == .unreachable, !Task.isCancelled else { throw error }
            return try await attempt(body, to: operation)
        }
    }

    private func attempt(_ body: [UInt8], to operation: String) async throws(XKSProxyFailure) -> Answer {
        let request = signed(body, to: path + operation)
        let exchange = Task { [client] in try await Self.exchange(request, client) }
        // Over the whole of it: the client's own deadline ends with the answer's head.
        let alarm = client.eventLoopGroup.next().scheduleTask(in: Self.budget) { exchange.cancel() }
        defer { alarm.cancel() }
        do {
            return try await withTaskCancellationHandler {
                try await exchange.value
            } onCancel: {
                exchange.cancel()
            }
        } catch {
            throw exchange.isCancelled
                ? XKSProxyFailure(.timedOut, "no whole answer within 250 ms") : XKSProxyFailure(transport: error)
        }
    }

    private static func exchange(_ request: HTTPClientRequest, _ client: HTTPClient) async throws -> Answer {
        let response = try await client.execute(request, timeout: Self.budget * 2)
        let body = try await response.body.collect(upTo: maximumAnswer)
        return Answer(status: Int(response.status.code), body: Array(body.readableBytesView))
    }

    private func signed(_ body: [UInt8], to path: String) -> HTTPClientRequest {
        var request = HTTPClientRequest(url: base + path)
        request.method = .POST
        // The API's port is 443, whatever leads there: so the name stands without one.
        request.headers.add(name: "Host", value: host)
        request.headers.add(name: "Content-Type", value: "application/json")
        // Unsafe in general for the padding of larger elements; bytes have none.
        let headers = unsafe signer.sign(
            method: "POST", path: path, host: host, headers: [(name: "content-type", value: "application/json")],
            body: body.span.bytes, now: clock.now.milliseconds / 1000)
        for header in headers { request.headers.add(name: header.name, value: header.value) }
        request.body = .bytes(ByteBuffer(bytes: body))
        return request
    }
}

extension XKSProxyFailure {
    /// What a failed exchange comes to. Nothing of the request is in the cause.
    init(transport error: any Error) {
        let cause = "\(error)".prefix(300).description
        let kind: Kind =
            switch error {
            case is NIOSSLExtraError, is BoringSSLError: .invalidTLS
            case NIOSSLError.uncleanShutdown: .unreachable
            case let error as NIOSSLError: error.isOfPeer ? .invalidTLS : .unreachable
            // It ended before the answer did.
            case HTTPParserError.invalidEOFState: .unreachable
            case is HTTPParserError, is NIOTooManyBytesError: .invalidResponse
            case let error as HTTPClientError: Kind(error)
            default: .unreachable
            }
        self.init(kind, cause)
    }
}

extension XKSProxyFailure.Kind {
    fileprivate init(_ error: HTTPClientError) {
        switch error {
        case .readTimeout, .writeTimeout, .connectTimeout, .deadlineExceeded, .tlsHandshakeTimeout,
            .getConnectionFromPoolTimeout, .cancelled:
            self = .timedOut
        case .contentLengthMissing:
            self = .invalidResponse
        default:
            self = .unreachable
        }
    }
}

extension NIOSSLError {
    /// Whether it says something of the peer's TLS, and not of the way to it.
    fileprivate var isOfPeer: Bool {
        switch self {
        case .handshakeFailed(.sslError(let stack)): !stack.contains(.eofDuringHandshake)
        case .unableToValidateCertificate, .noCertificateToValidate: true
        default: false
        }
    }
}
