import Glibc
import HSMWorkerProtocol
import KMSTesting
import SecureMemory
import Testing

/// Two connected stream sockets, closed with their last user.
private final class Wire: Sendable {
    let reader: Int32
    private let writer: Int32

    init() {
        var ends: [Int32] = [-1, -1]
        guard unsafe socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0, &ends) == 0 else {
            fatalError("no socket pair")
        }
        (reader, writer) = (ends[0], ends[1])
    }

    deinit {
        close(reader)
        close(writer)
    }

    func send(_ bytes: some Collection<UInt8>) {
        let bytes = Array(bytes)
        var sent = 0
        while sent < bytes.count {
            let result = unsafe bytes.withUnsafeBytes {
                unsafe Glibc.send(writer, $0.baseAddress! + sent, bytes.count - sent, Int32(MSG_NOSIGNAL))
            }
            guard result > 0 else { return }
            sent += result
        }
    }

    func end() { shutdown(writer, Int32(SHUT_WR)) }

    func setReceiveTimeout(milliseconds: Int) {
        var timeout = timeval(tv_sec: 0, tv_usec: milliseconds * 1000)
        unsafe setsockopt(reader, SOL_SOCKET, SO_RCVTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
    }
}

extension SecureBuffer {
    fileprivate var array: [UInt8] {
        withExposedBytes { span in unsafe span.withUnsafeBytes { unsafe Array($0) } }
    }
}

private func frame(_ id: UInt64, _ code: UInt8, _ fields: [[UInt8]]) -> SecureBuffer {
    let buffer = SecureBuffer(frame: id, code: code, capacity: 64 + fields.reduce(0) { $0 + $1.count + 4 })
    for field in fields { buffer.appendField(field) }
    buffer.endFrame()
    return buffer
}

@Suite struct `A frame` {
    @Test func `has its length, id and code in front, most significant byte first`() {
        #expect(
            frame(0x0102_0304_0506_0708, 9, [[0xaa]]).array
                == [0, 0, 0, 14, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 0, 0, 1, 0xaa]
        )
    }

    @Test func `gives its fields back in order`() throws {
        let buffer = SecureBuffer(frame: .max, code: 255, capacity: 200)
        buffer.append(bigEndian: UInt16(0x0102))
        buffer.appendField(Array("text".utf8))
        buffer.appendField(SecretBytes(copying: [1, 2, 3]))
        buffer.appendField([UInt8]())
        buffer.append(bigEndian: UInt64.max)
        buffer.endFrame()
        #expect(buffer.frameID == .max && buffer.frameCode == 255)
        var fields = FrameCursor(buffer)
        #expect(try fields.integer(as: UInt16.self) == 0x0102)
        #expect(try fields.text() == "text")
        #expect(try fields.secret().exposedArray == [1, 2, 3])
        #expect(try fields.bytes() == [])
        #expect(try fields.integer(as: UInt64.self) == .max)
        #expect(throws: FrameError.self) { _ = try fields.integer(as: UInt8.self) }
    }

    @Test func `that ends too early is an error at every byte`() {
        let whole = frame(1, 2, [[1, 2, 3], [4]]).array
        for size in 0..<whole.count {
            let cut = SecureBuffer(capacity: 64)
            cut.append(Array(whole.prefix(size)))
            _ = (cut.frameID, cut.frameCode)
            var fields = FrameCursor(cut)
            #expect(throws: FrameError.self, "\(size) bytes") {
                _ = try fields.bytes()
                _ = try fields.bytes()
            }
        }
    }

    @Test(arguments: [4, 0xff, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff] as [UInt32])
    func `whose field says that it is longer than it is, is an error`(length: UInt32) {
        let buffer = SecureBuffer(frame: 1, code: 1, capacity: 64)
        buffer.append(bigEndian: length)
        buffer.append([1, 2, 3])
        buffer.endFrame()
        var fields = FrameCursor(buffer)
        #expect(throws: FrameError.self) { _ = try fields.field() }
        #expect(throws: FrameError.self) { _ = try fields.secret() }
    }

    @Test func `of random bytes never traps`() {
        for _ in 0..<3000 {
            let buffer = SecureBuffer(capacity: 64)
            buffer.append([UInt8].random(.random(in: 0...64)))
            var fields = FrameCursor(buffer)
            do throws(FrameError) {
                while true {
                    switch Int.random(in: 0...3) {
                    case 0: _ = try fields.bytes()
                    case 1: _ = try fields.integer(as: UInt16.self)
                    case 2: _ = try fields.text()
                    default: _ = try fields.secret()
                    }
                }
            } catch {
                #expect(!error.reason.isEmpty)
            }
        }
    }
}

@Suite struct `The input of frames` {
    @Test func `cuts a stream where its frames end, however the bytes come`() async throws {
        for _ in 0..<20 {
            let sent = (0..<60).map { number in
                frame(UInt64(number), UInt8(number), [.random(Int.random(in: 0...3000)), [UInt8(number)]])
            }
            let stream = sent.flatMap(\.array)
            let expected = sent.map(\.array)
            let wire = Wire()
            let writing = LaneThread {
                var rest = stream[...]
                while !rest.isEmpty {
                    let size = min(rest.count, [1, 2, 3, 13, 500, 20_000].randomElement() ?? 1)
                    wire.send(rest.prefix(size))
                    rest = rest.dropFirst(size)
                }
                wire.end()
            }
            var input = FrameInput(descriptor: wire.reader)
            var received: [[UInt8]] = []
            while case .frame(let frame) = try input.next() { received.append(frame.array) }
            writing.join()
            #expect(received == expected)
        }
    }

    @Test func `takes a frame of the greatest size, and refuses one byte more`() async throws {
        func next(size: Int) throws -> FrameInput.Result {
            let wire = Wire()
            let buffer = SecureBuffer(frame: 1, code: 1, capacity: size)
            buffer.append([UInt8](repeating: 7, count: size - Frame.headerSize))
            buffer.endFrame()
            let bytes = buffer.array
            let writing = LaneThread {
                wire.send(bytes)
                wire.end()
            }
            defer { writing.join() }
            var input = FrameInput(descriptor: wire.reader)
            do {
                return try input.next()
            } catch {
                // So that the writer, which found no more room, ends.
                shutdown(wire.reader, Int32(SHUT_RD))
                throw error
            }
        }
        guard case .frame(let frame) = try next(size: Frame.maximumSize) else {
            Issue.record("the greatest frame did not come through")
            return
        }
        #expect(frame.count == Frame.maximumSize)
        #expect(throws: FrameError.self) { _ = try next(size: Frame.maximumSize + 1) }
    }

    @Test(arguments: [0, 1, 8, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff] as [UInt32])
    func `refuses a length that no frame has`(length: UInt32) {
        let wire = Wire()
        let head = SecureBuffer(capacity: 64)
        head.append(bigEndian: length)
        head.append([UInt8](repeating: 0, count: 20))
        wire.send(head.array)
        #expect(throws: FrameError.self) {
            var input = FrameInput(descriptor: wire.reader)
            _ = try input.next()
        }
    }

    @Test func `of random bytes never traps, and always ends`() {
        for round in 0..<200 {
            let wire = Wire()
            // Every other round begins with a good frame, so that garbage follows in the middle of the buffer.
            if round.isMultiple(of: 2) { wire.send(frame(1, 1, [.random(10)]).array) }
            var garbage = [UInt8].random(.random(in: 0...2000))
            // A small length in front now and then: else nearly all garbage is refused for its length.
            if round.isMultiple(of: 3), garbage.count > 4 { garbage.replaceSubrange(0..<3, with: [0, 0, 0]) }
            wire.send(garbage)
            wire.end()
            var input = FrameInput(descriptor: wire.reader)
            var frames = 0
            while case .frame(let frame)? = try? input.next() {
                frames += 1
                var fields = FrameCursor(frame)
                while (try? fields.bytes()) != nil {}
            }
            #expect(frames <= 1 + 2000 / Frame.headerSize)
        }
    }

    @Test func `tells a pause from an end, and goes on after one in the middle of a frame`() throws {
        let wire = Wire()
        wire.setReceiveTimeout(milliseconds: 20)
        let bytes = frame(5, 6, [[1, 2, 3]]).array
        var input = FrameInput(descriptor: wire.reader)
        func isTimeout(_ result: FrameInput.Result) -> Bool {
            if case .timeout = result { true } else { false }
        }
        #expect(try isTimeout(input.next()))
        wire.send(bytes.prefix(7))
        #expect(try isTimeout(input.next()))
        wire.send(bytes.dropFirst(7))
        guard case .frame(let frame) = try input.next() else {
            Issue.record("the frame did not come through")
            return
        }
        #expect(frame.array == bytes)
        wire.send(bytes.prefix(7))
        wire.end()
        guard case .closed = try input.next() else {
            Issue.record("a stream that ends within a frame has ended")
            return
        }
    }
}
