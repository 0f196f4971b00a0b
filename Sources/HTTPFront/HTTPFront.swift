package import Hummingbird
import HummingbirdCore
import HummingbirdTLS
package import Logging
import NIOCore
import NIOSSL

/// Of Hummingbird's knowledge of a request, what is needed: where it came from, and which thread serves it.
package struct FrontRequestContext: InitializableFromSource, Sendable {
    package let client: SocketAddress?
    package let eventLoop: any EventLoop

    package init(source: ApplicationRequestContextSource) {
        client = source.channel.remoteAddress
        eventLoop = source.channel.eventLoop
    }
}

/// HTTP as all fronts serve it: each on a listener of its own, with bounds on what a client may use of it.
package enum HTTPFront {
    /// Builds the server. Running the application serves until it is told to stop, and drains then.
    ///
    /// - Parameters:
    ///   - rule: What the certificates of clients have to meet, where the TLS configuration asks for one.
    ///   - onListening: Called once, with the port that was bound.
    /// - Throws: ``ServerSetupError``, and what the TLS configuration is refused with.
    package static func application<R: HTTPResponder>(
        on place: ListeningPlace, _ limits: ServerLimits, responder: R, logger: Logger,
        acceptingClients rule: ClientCertificateRule? = nil,
        onListening: @escaping @Sendable (_ port: Int) async -> Void = { _ in }
    ) throws -> Application<R> where R.Context == FrontRequestContext {
        try place.check()
        return Application(
            responder: responder,
            server: try server(place, limits, rule),
            configuration: ApplicationConfiguration(
                address: .hostname(place.host, port: place.port),
                availableConnectionsDelegate: .maximum(limits.maximumConnections, logger: logger)
            ),
            onServerRunning: { channel in await onListening(channel.localAddress?.port ?? place.port) },
            logger: Logger(label: logger.label) { _ in ConnectionLogHandler(forwardingTo: logger) }
        )
    }

    private static func server(
        _ place: ListeningPlace, _ limits: ServerLimits, _ rule: ClientCertificateRule?
    ) throws -> HTTPServerBuilder {
        let context = try place.tls.map { try NIOSSLContext(configuration: $0) }
        return HTTPServerBuilder { responder in
            let plain = LoopBoundChannel(
                base: HTTP1Channel(
                    responder: responder,
                    configuration: HTTP1Channel.Configuration(
                        additionalChannelHandlers: [ConnectionPatience(limits)],
                        httpDecoderConfiguration: HTTP1Channel.Configuration.DecoderConfiguration(
                            maxHeaderFieldSize: limits.maximumHeaderBytes,
                            maxHeaderListSize: limits.maximumHeaderBytes,
                            maxHeaderFieldCount: limits.maximumHeaderFields
                        )
                    )
                )
            )
            guard let context, let tls = place.tls else { return plain }
            guard let rule else { return try TLSChannel(plain, tlsConfiguration: tls) }
            return ClientVerifyingChannel(base: plain, context: context, rule: rule)
        }
    }
}
