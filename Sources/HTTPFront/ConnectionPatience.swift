import HTTPTypes
package import NIOCore
package import NIOHTTPTypes

/// Closes connections that keep the server waiting, and those whose response says that they are to be closed.
///
/// Nothing is measured per request: one repeated tick per connection counts how often it found the connection in the
/// same state. So a timeout comes up to a tick late, never early.
package final class ConnectionPatience: ChannelDuplexHandler, RemovableChannelHandler {
    package typealias InboundIn = HTTPRequestPart
    package typealias InboundOut = HTTPRequestPart
    package typealias OutboundIn = HTTPResponsePart
    package typealias OutboundOut = HTTPResponsePart

    /// What the connection waits for.
    private enum State {
        /// A request of which nothing has come yet.
        case idle
        /// The rest of a request.
        case arriving
        /// The client's end of the connection: the answer is out, and whatever comes is dropped.
        case lingering
    }

    /// How many ticks a timeout is divided into.
    private static let resolution: Int64 = 4

    private let limits: ServerLimits
    /// A new connection owes its first request, and perhaps a TLS handshake.
    private var state = State.arriving { didSet { ticks = 0 } }
    private var ticks: Int64 = 0
    /// How many requests have come in whole, less those that were answered: while it is positive, it is the client
    /// that waits. Negative when an answer was out before its request was in.
    private var unanswered = 0
    private var closesAfterResponse = false
    private var timer: RepeatedTask?

    package init(_ limits: ServerLimits) {
        self.limits = limits
    }

    package func handlerAdded(context: ChannelHandlerContext) {
        let tick = TimeAmount(min(limits.arrivalTimeout, limits.lingerTimeout) / Int(Self.resolution))
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        timer = context.eventLoop.scheduleRepeatedTask(initialDelay: tick, delay: tick) { _ in
            let (handler, context) = bound.value
            handler.tick(tick, context)
        }
    }

    package func handlerRemoved(context: ChannelHandlerContext) {
        timer?.cancel()
        timer = nil
    }

    private func tick(_ tick: TimeAmount, _ context: ChannelHandlerContext) {
        guard unanswered <= 0 || state == .lingering else { return }
        ticks += 1
        let timeout =
            switch state {
            case .idle: limits.idleTimeout
            case .arriving: limits.arrivalTimeout
            case .lingering: limits.lingerTimeout
            }
        if tick.nanoseconds * (ticks - 1) >= TimeAmount(timeout).nanoseconds { context.close(promise: nil) }
    }

    package func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard state != .lingering else { return }
        switch unwrapInboundIn(data) {
        case .head: state = .arriving
        case .body: break
        case .end:
            state = .idle
            unanswered += 1
        }
        context.fireChannelRead(data)
    }

    package func channelReadComplete(context: ChannelHandlerContext) {
        switch state {
        case .idle where unanswered == 0:
            // Bytes came, and are no whole request head yet.
            state = .arriving
        case .lingering:
            // Nobody behind this handler asks for more, and the end of the stream is yet to be read.
            context.read()
        case .idle, .arriving: break
        }
        context.fireChannelReadComplete()
    }

    package func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        switch unwrapOutboundIn(data) {
        case .head(let head):
            if head.headerFields[.connection] == "close" { closesAfterResponse = true }
            context.write(data, promise: promise)
        case .body:
            context.write(data, promise: promise)
        case .end:
            unanswered -= 1
            guard closesAfterResponse else {
                context.write(data, promise: promise)
                return
            }
            state = .lingering
            context.writeAndFlush(data, promise: promise)
            // To close at once would have the system answer what is still coming with a reset, which can overtake
            // the answer.
            context.close(mode: .output, promise: nil)
            context.read()
        }
    }
}

@available(*, unavailable)
extension ConnectionPatience: Sendable {}
