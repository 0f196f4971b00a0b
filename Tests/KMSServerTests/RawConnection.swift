import NIOCore
import NIOPosix
import NIOSSL
import Synchronization
import Testing

/// A TCP or TLS connection that sends what no HTTP client would.
final class RawConnection: Sendable {
    private let channel: any Channel
    private let received = Mutex<[UInt8]>([])
    private let changes: AsyncStream<Void>

    private init(_ channel: any Channel, _ changes: AsyncStream<Void>) {
        self.channel = channel
        self.changes = changes
    }

    static func open(port: Int?, tls: NIOSSLContext? = nil) async throws -> RawConnection {
        let (changes, continuation) = AsyncStream.makeStream(of: Void.self)
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    guard let tls else { return }
                    let handler = try NIOSSLClientHandler(context: tls, serverHostname: "localhost")
                    try channel.pipeline.syncOperations.addHandler(handler)
                }
            }
            .connect(host: "127.0.0.1", port: try #require(port)).get()
        let connection = RawConnection(channel, changes)
        try await channel.pipeline.addHandler(Receiver { bytes in
            connection.received.withLock { $0 += bytes }
            continuation.yield()
        }).get()
        channel.closeFuture.whenComplete { _ in continuation.finish() }
        return connection
    }

    func send(_ text: String) async throws {
        try await channel.writeAndFlush(ByteBuffer(string: text))
    }

    func close() async throws {
        try await channel.close()
    }

    var text: String { received.withLock { String(decoding: $0, as: UTF8.self) } }

    /// Waits until the server has closed the connection; false when it has not within the time.
    func isClosed(within time: Duration) async -> Bool {
        await before(time) { [changes] in
            for await _ in changes {}
            return true
        } ?? false
    }

    /// Waits until something that contains `part` has come.
    func hasReceived(_ part: String, within time: Duration = .seconds(5)) async -> Bool {
        let deadline = ContinuousClock.now + time
        while ContinuousClock.now < deadline {
            if text.contains(part) { return true }
            try? await Task.sleep(for: .milliseconds(5))
        }
        return false
    }

    private func before<T: Sendable>(_ time: Duration, _ body: @escaping @Sendable () async -> T) async -> T? {
        await withTaskGroup(of: T?.self) { group in
            group.addTask { await body() }
            group.addTask {
                try? await Task.sleep(for: time)
                return nil
            }
            defer { group.cancelAll() }
            return await group.next() ?? nil
        }
    }
}

private final class Receiver: ChannelInboundHandler, Sendable {
    typealias InboundIn = ByteBuffer

    private let receive: @Sendable ([UInt8]) -> Void

    init(_ receive: @escaping @Sendable ([UInt8]) -> Void) {
        self.receive = receive
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        receive(Array(buffer: unwrapInboundIn(data)))
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // A reset is an end of the connection like another.
        context.close(promise: nil)
    }
}
