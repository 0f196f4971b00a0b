import SecureMemory
import Testing

@Suite struct `A secure buffer` {
    @Test func `holds what was appended, most significant byte first`() {
        let buffer = SecureBuffer(capacity: 32)
        buffer.append(1)
        buffer.append(bigEndian: UInt16(0x0203))
        buffer.append(bigEndian: UInt64(0x0405_0607_0809_0a0b))
        buffer.append([12, 13])
        buffer.append([])
        #expect(buffer.array == Array(1...13))
        #expect(buffer.integer(at: 1, as: UInt16.self) == 0x0203)
        #expect(buffer.integer(at: 3, as: UInt64.self) == 0x0405_0607_0809_0a0b, "at an odd offset too")
    }

    @Test func `has no integer where it ends before one, or where there is none`() {
        let buffer = SecureBuffer(capacity: 32)
        buffer.append([1, 2, 3, 4])
        #expect(buffer.integer(at: 0, as: UInt32.self) == 0x0102_0304)
        #expect(buffer.integer(at: 1, as: UInt32.self) == nil)
        #expect(buffer.integer(at: 4, as: UInt8.self) == nil)
        #expect(buffer.integer(at: -1, as: UInt8.self) == nil)
        #expect(buffer.integer(at: .max, as: UInt64.self) == nil)
        #expect(buffer.integer(at: .min, as: UInt64.self) == nil)
    }

    @Test func `wipes what it forgets`() {
        let buffer = SecureBuffer(capacity: 64)
        let address = buffer.address
        func whole() -> [UInt8] { Memory.bytes(at: address, count: 64) ?? [] }

        buffer.append(Array(1...64))
        buffer.truncate(to: 60)
        #expect(whole() == Array(1...60) + [0, 0, 0, 0])
        buffer.removeFirst(10)
        #expect(buffer.array == Array(11...60))
        #expect(whole() == Array(11...60) + [UInt8](repeating: 0, count: 14))
        buffer.removeAll()
        #expect(buffer.count == 0)
        #expect(whole() == [UInt8](repeating: 0, count: 64))
    }

    @Test func `moves overlapping bytes right`() {
        let buffer = SecureBuffer(capacity: 200)
        for length in 0...100 {
            buffer.removeAll()
            buffer.append(Array(0..<100))
            buffer.removeFirst(length)
            #expect(buffer.array == Array(UInt8(length)..<100))
        }
    }

    @Test func `lends its room, and takes as much as was written`() throws {
        let buffer = SecureBuffer(capacity: 10)
        buffer.append([1, 2])
        buffer.appendWithin { (room: inout MutableRawSpan) in
            #expect(room.byteCount == 8)
            room.storeBytes(of: 3, toByteOffset: 0, as: UInt8.self)
            return 1
        }
        #expect(buffer.array == [1, 2, 3])
        buffer.appendWithin(2) { (room: inout MutableRawSpan) in
            #expect(room.byteCount == 2)
            return 0
        }
        struct Refusal: Error {}
        #expect(throws: Refusal.self) {
            try buffer.appendWithin { (_: inout MutableRawSpan) throws -> Int in throw Refusal() }
        }
        #expect(buffer.array == [1, 2, 3], "what failed added nothing")
    }

    @Test func `overwrites an integer in its place`() {
        let buffer = SecureBuffer(capacity: 8)
        buffer.append([1, 2, 3, 4, 5, 6])
        buffer.replace(bigEndian: UInt32(0x0a0b_0c0d), at: 1)
        #expect(buffer.array == [1, 10, 11, 12, 13, 6])
    }

    @Test func `copies spans at an offset, and wipes them`() {
        let bytes: [UInt8] = [1, 2, 3]
        let nothing: [UInt8] = []
        let secret = SecretBytes(count: 6) { (room: inout MutableRawSpan) in
            unsafe room.copyBytes(from: bytes.span.bytes, at: 3)
            unsafe room.copyBytes(from: nothing.span.bytes, at: 6)
        }
        #expect(secret.array == [0, 0, 0, 1, 2, 3])
        let wiped = SecretBytes(count: 3) { (room: inout MutableRawSpan) in
            unsafe room.copyBytes(from: bytes.span.bytes)
            room.wipe()
        }
        #expect(wiped.array == [0, 0, 0])
    }
}

// A bound that is not kept would write over another secret, so each is a trap and not an error.
@Suite struct `A secure buffer traps` {
    @Test func `when a byte is appended to a full one`() async {
        await #expect(processExitsWith: .failure) {
            let buffer = SecureBuffer(capacity: 1)
            buffer.append(1)
            buffer.append(2)
        }
    }

    @Test func `when an array does not fit, by one byte`() async {
        await #expect(processExitsWith: .failure) { SecureBuffer(capacity: 3).append([1, 2, 3, 4]) }
    }

    @Test func `when an integer does not fit`() async {
        await #expect(processExitsWith: .failure) { SecureBuffer(capacity: 7).append(bigEndian: UInt64(0)) }
    }

    @Test func `when more is said to be written than there was room for`() async {
        await #expect(processExitsWith: .failure) {
            SecureBuffer(capacity: 4).appendWithin { (_: inout MutableRawSpan) in 5 }
        }
    }

    @Test func `when what was never written is overwritten`() async {
        await #expect(processExitsWith: .failure) {
            let buffer = SecureBuffer(capacity: 16)
            buffer.append([1, 2, 3])
            buffer.replace(bigEndian: UInt32(0), at: 0)
        }
    }

    @Test func `when what was never written is lent`() async {
        await #expect(processExitsWith: .failure) {
            let buffer = SecureBuffer(capacity: 16)
            buffer.append([1, 2, 3])
            buffer.withExposedBytes(in: 0..<4) { _ in }
        }
    }

    @Test func `when more is dropped than there is`() async {
        await #expect(processExitsWith: .failure) { SecureBuffer(capacity: 4).removeFirst(1) }
        await #expect(processExitsWith: .failure) { SecureBuffer(capacity: 4).truncate(to: 1) }
    }

    @Test func `when a span is copied beyond the end of another`() async {
        await #expect(processExitsWith: .failure) {
            let bytes: [UInt8] = [1, 2, 3]
            _ = SecretBytes(count: 4) { (room: inout MutableRawSpan) in
                unsafe room.copyBytes(from: bytes.span.bytes, at: 2)
            }
        }
        await #expect(processExitsWith: .failure) {
            let bytes: [UInt8] = [1]
            _ = SecretBytes(count: 4) { (room: inout MutableRawSpan) in
                unsafe room.copyBytes(from: bytes.span.bytes, at: -1)
            }
        }
    }
}
