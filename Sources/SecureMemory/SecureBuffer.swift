import CSecureMemory

/// A byte buffer of fixed capacity in locked memory, for protocol frames that carry secrets.
///
/// Unlike ``SecretBytes`` it is a class, because a frame waits in tables and continuations, which take only copyable
/// values. It is written by one owner, then read by another: never by two at once.
@safe public final class SecureBuffer: @unchecked Sendable {
    // Unchecked because a buffer is handed over, not shared: see above.
    private let base: UnsafeMutableRawPointer

    /// How many bytes fit, and how many are wiped at the end.
    public let capacity: Int

    /// How many bytes have been written.
    public private(set) var count = 0

    public init(capacity: Int) {
        precondition(capacity >= 0, "a size is not negative")
        guard let memory = unsafe secure_memory_allocate(capacity) else {
            fatalError("out of memory for \(capacity) bytes of locked memory")
        }
        unsafe self.base = memory
        self.capacity = capacity
    }

    deinit {
        unsafe secure_memory_free(base, capacity)
    }

    /// Forgets and wipes what was written.
    public func removeAll() {
        unsafe secure_memory_wipe(base, count)
        count = 0
    }

    public func append(_ byte: UInt8) {
        precondition(count < capacity, "the buffer is full")
        unsafe base.storeBytes(of: byte, toByteOffset: count, as: UInt8.self)
        count += 1
    }

    /// Appends an integer, most significant byte first.
    public func append<T: FixedWidthInteger & BitwiseCopyable>(bigEndian value: T) {
        precondition(capacity - count >= MemoryLayout<T>.size, "the buffer is full")
        unsafe base.storeBytes(of: value.bigEndian, toByteOffset: count, as: T.self)
        count += MemoryLayout<T>.size
    }

    public func append(_ bytes: RawSpan) {
        precondition(bytes.byteCount <= capacity - count, "the buffer is full")
        guard bytes.byteCount > 0 else { return }
        unsafe bytes.withUnsafeBytes { source in
            unsafe base.advanced(by: count).copyMemory(from: source.baseAddress!, byteCount: source.count)
        }
        count += bytes.byteCount
    }

    public func append(_ bytes: [UInt8]) {
        // Unsafe in general for the padding of larger elements; bytes have none.
        unsafe append(bytes.span.bytes)
    }

    /// Overwrites an integer that was appended before, most significant byte first.
    public func replace<T: FixedWidthInteger & BitwiseCopyable>(bigEndian value: T, at offset: Int) {
        precondition(offset >= 0 && offset + MemoryLayout<T>.size <= count, "nothing was written there")
        unsafe base.storeBytes(of: value.bigEndian, toByteOffset: offset, as: T.self)
    }

    /// Lends the unwritten room, `limit` bytes of it or all; `body` returns how much of it was written.
    public func appendWithin<E: Error>(
        _ limit: Int = .max, _ body: (inout MutableRawSpan) throws(E) -> Int
    ) throws(E) {
        let room = min(limit, capacity - count)
        var span = unsafe MutableRawSpan(_unsafeStart: base.advanced(by: count), byteCount: room)
        let written = try body(&span)
        precondition(written >= 0 && written <= room, "more was written than there was room for")
        count += written
    }

    /// Takes back and wipes what was appended beyond `size`.
    public func truncate(to size: Int) {
        precondition(size >= 0 && size <= count, "there is less than that")
        unsafe secure_memory_wipe(base.advanced(by: size), count - size)
        count = size
    }

    /// Drops the first `length` bytes, moves the rest to the front and wipes what is then behind it.
    public func removeFirst(_ length: Int) {
        precondition(length >= 0 && length <= count, "there is less than that")
        guard length > 0 else { return }
        let rest = count - length
        // Source and target may overlap; copyMemory allows it.
        if rest > 0 { unsafe base.copyMemory(from: base.advanced(by: length), byteCount: rest) }
        unsafe secure_memory_wipe(base.advanced(by: rest), length)
        count = rest
    }

    /// The integer that begins at `offset`, most significant byte first, or nil when the buffer ends before it does.
    public func integer<T: FixedWidthInteger & BitwiseCopyable>(at offset: Int, as type: T.Type = T.self) -> T? {
        guard offset >= 0, count - offset >= MemoryLayout<T>.size else { return nil }
        return T(bigEndian: unsafe base.loadUnaligned(fromByteOffset: offset, as: T.self))
    }

    /// Lends the written bytes in the clear.
    public func withExposedBytes<R: ~Copyable, E: Error>(_ body: (RawSpan) throws(E) -> R) throws(E) -> R {
        try withExposedBytes(in: 0..<count, body)
    }

    /// Lends a part of the written bytes in the clear.
    public func withExposedBytes<R: ~Copyable, E: Error>(
        in range: Range<Int>, _ body: (RawSpan) throws(E) -> R
    ) throws(E) -> R {
        precondition(range.lowerBound >= 0 && range.upperBound <= count, "nothing was written there")
        let span = unsafe RawSpan(_unsafeStart: base.advanced(by: range.lowerBound), byteCount: range.count)
        return try body(span)
    }
}
