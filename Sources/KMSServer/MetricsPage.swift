package import HTTPFront
import HTTPTypes
package import Hummingbird
import HummingbirdCore
import KMSWire
package import Logging
import NIOCore

/// Serves `GET /metrics` in the text format that Prometheus reads (OpenMetrics 1.0), and nothing else.
package struct MetricsPage: HTTPResponder {
    package typealias Context = FrontRequestContext

    private let text: @Sendable () -> String

    package func respond(to request: Request, context: FrontRequestContext) async throws -> Response {
        let path = (request.head.path ?? "").prefix { $0 != "?" }
        guard path == "/metrics" else { return Response(.pathNotFound, FrontRequestID()) }
        guard request.method == .get else { return Response(.methodNotAllowed, FrontRequestID()) }
        let body = text()
        return Response(
            status: .ok,
            headers: [.contentType: "application/openmetrics-text; version=1.0.0; charset=utf-8"],
            body: ResponseBody(byteBuffer: ByteBuffer(string: body)))
    }

    /// A server of its own for `text`, on a loopback address: what it tells is for this machine.
    package static func application(
        host: String, port: Int, logger: Logger,
        onListening: @escaping @Sendable (_ port: Int) async -> Void = { _ in },
        text: @escaping @Sendable () -> String
    ) throws(ServerSetupError) -> Application<MetricsPage> {
        guard ListeningPlace.isLoopback(host, port) else { throw .metricsBeyondLoopback(host: host) }
        let limits = ServerLimits()
        return Application(
            responder: MetricsPage(text: text),
            server: .http1(
                configuration: HTTP1Channel.Configuration(additionalChannelHandlers: [ConnectionPatience(limits)])),
            configuration: ApplicationConfiguration(
                address: .hostname(host, port: port),
                availableConnectionsDelegate: .maximum(16, logger: logger)),
            onServerRunning: { channel in await onListening(channel.localAddress?.port ?? port) },
            logger: Logger(label: logger.label) { _ in ConnectionLogHandler(forwardingTo: logger) }
        )
    }
}
