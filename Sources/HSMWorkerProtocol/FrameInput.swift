import Glibc
package import SecureMemory

/// Cuts the bytes of a stream socket into frames. Used by one thread at a time.
package struct FrameInput: ~Copyable {
    package enum Result {
        case frame(SecureBuffer)
        /// The socket's receive timeout (SO_RCVTIMEO) passed first.
        case timeout
        case closed
    }

    private let descriptor: Int32
    private let buffer = SecureBuffer(capacity: 2 * Frame.maximumSize)
    private var start = 0

    package init(descriptor: Int32) {
        self.descriptor = descriptor
    }

    /// Whether a whole frame is here already, so that ``next()`` will not wait.
    package var hasFrame: Bool {
        guard let length = buffer.integer(at: start, as: UInt32.self) else { return false }
        return buffer.count - start - 4 >= Int(length)
    }

    /// Waits for a frame. Throws when the peer sends what cannot be one.
    package mutating func next() throws(FrameError) -> Result {
        while true {
            if let length = buffer.integer(at: start, as: UInt32.self) {
                let size = Int(length) + 4
                guard size <= Frame.maximumSize, size >= Frame.headerSize else {
                    throw FrameError("a frame has \(size) bytes")
                }
                if buffer.count - start >= size {
                    let frame = SecureBuffer(capacity: size)
                    buffer.withExposedBytes(in: start..<(start + size)) { frame.append($0) }
                    start += size
                    if start == buffer.count {
                        buffer.removeAll()
                        start = 0
                    }
                    return .frame(frame)
                }
            }
            // What is left is the beginning of a frame: to the front with it, so that the rest has room.
            buffer.removeFirst(start)
            start = 0
            let received = receive()
            if received == 0 { return .closed }
            if received < 0 {
                switch errno {
                case EINTR: continue
                case EAGAIN, EWOULDBLOCK: return .timeout
                default: return .closed
                }
            }
        }
    }

    private func receive() -> Int {
        var received = 0
        buffer.appendWithin { (room: inout MutableRawSpan) in
            received = unsafe room.withUnsafeMutableBytes { unsafe read(descriptor, $0.baseAddress, $0.count) }
            return max(received, 0)
        }
        return received
    }
}
