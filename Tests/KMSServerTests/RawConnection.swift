import NIOCore
import NIOPosix
import NIOSSL
import Synchronization
import Testing

/// A TCP or TLS connection that sends what no HTTP client would.
final class RawConnection: Sendable {
    private let channel: any Channel
    private let receiver: Receiver

    private init(_ channel: any Channel, _ receiver: Receiver) {
        self.channel = channel
        self.receiver = receiver
    }

    deinit {
        channel.close(promise: nil)
    }

    static func open(port: Int?, tls: NIOSSLContext? = nil) async throws -> RawConnection {
        let receiver = Receiver()
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            // To be able to go on sending when the server has ended its side.
            .channelOption(.allowRemoteHalfClosure, value: true)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    if let tls {
                        let handler = try NIOSSLClientHandler(context: tls, serverHostname: "localhost")
                        try channel.pipeline.syncOperations.addHandler(handler)
                    }
                    try channel.pipeline.syncOperations.addHandler(receiver)
                }
            }
            .connect(host: "127.0.0.1", port: try #require(port)).get()
        return RawConnection(channel, receiver)
    }

    func send(_ text: String) async throws {
        try await channel.writeAndFlush(ByteBuffer(string: text))
    }

    func close() async throws {
        try await channel.close()
    }

    var text: String { receiver.text }

    /// Waits until the server has closed its side of the connection; false when it has not within the time.
    func isClosed(within time: Duration) async -> Bool {
        await within(time) { receiver.isEnded }
    }

    /// Waits until something that contains `part` has come; false when it has not within the time.
    func hasReceived(_ part: String, within time: Duration = .seconds(5)) async -> Bool {
        await within(time) { receiver.text.contains(part) }
    }

    private func within(_ time: Duration, _ condition: () -> Bool) async -> Bool {
        let deadline = ContinuousClock.now + time
        while ContinuousClock.now < deadline {
            if condition() { return true }
            try? await Task.sleep(for: .milliseconds(5))
        }
        return false
    }
}

/// Keeps what has come over a connection.
private final class Receiver: ChannelInboundHandler, Sendable {
    typealias InboundIn = ByteBuffer

    private let received = Mutex<[UInt8]>([])
    private let ended = Atomic(false)

    var text: String { received.withLock { String(decoding: $0, as: UTF8.self) } }
    var isEnded: Bool { ended.load(ordering: .relaxed) }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        received.withLock { $0 += Array(buffer: unwrapInboundIn(data)) }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event as? ChannelEvent == .inputClosed { ended.store(true, ordering: .relaxed) }
    }

    func channelInactive(context: ChannelHandlerContext) {
        ended.store(true, ordering: .relaxed)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // A reset is an end of the connection like another.
        context.close(promise: nil)
    }
}
