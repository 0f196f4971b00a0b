import HummingbirdCore
import Logging
import NIOCore
import NIOSSL

/// A TLS connection whose handshake ends unless the client's certificate meets a rule, besides being trusted.
///
/// Hummingbird's own TLS channel can only replace all of NIOSSL's verification; this adds to it.
struct ClientVerifyingChannel<Base: ServerChildChannel>: ServerChildChannel {
    let base: Base
    let context: NIOSSLContext
    let rule: ClientCertificateRule

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Base.Value> {
        channel.eventLoop.makeCompletedFuture {
            let handler = NIOSSLServerHandler._makeSSLServerHandler(context: context) { certificate, channel in
                rule.accepts(certificate)
                    ? channel.eventLoop.makeSucceededVoidFuture()
                    : channel.eventLoop.makeFailedFuture(UnexpectedClient())
            }
            try channel.pipeline.syncOperations.addHandler(handler)
        }.flatMap {
            base.setup(channel: channel, logger: logger)
        }
    }

    func handle(value: Base.Value, logger: Logger) async {
        await base.handle(value: value, logger: logger)
    }
}
