import Glibc
import SecureMemory

/// The writing half of a worker's socket, with what it did not take yet. Sending never waits.
struct OutgoingSocket {
    private let descriptor: Int32?
    private var rest: ArraySlice<SecureBuffer> = []
    /// How much of the first of the rest has gone already.
    private var offset = 0

    init(descriptor: Int32? = nil) {
        self.descriptor = descriptor
    }

    var hasRest: Bool { !rest.isEmpty }

    /// Sends the rest and then `frames`. Answers whether all went: if not, the socket is full, or broken, which
    /// whoever reads it finds out.
    mutating func send(_ frames: [SecureBuffer]) -> Bool {
        guard let descriptor else { return false }
        rest += frames
        while let frame = rest.first {
            let sent = frame.withExposedBytes { span in
                unsafe span.withUnsafeBytes { bytes in
                    unsafe Glibc.send(
                        descriptor, bytes.baseAddress! + offset, bytes.count - offset,
                        Int32(MSG_DONTWAIT) | Int32(MSG_NOSIGNAL)
                    )
                }
            }
            guard sent > 0 else { return false }
            offset += sent
            guard offset == frame.count else { continue }
            rest.removeFirst()
            offset = 0
        }
        return true
    }
}
