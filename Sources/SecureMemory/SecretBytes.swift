import CSecureMemory

/// A secret of fixed size: a PIN, a plaintext, a data key.
///
/// One allocation in locked memory, wiped in whole when the value's life ends. It has no `description`, is not
/// `Codable`, not a `Collection` and cannot be copied by accident; the one way to its bytes is
/// ``withExposedBytes(_:)``, so `grep withExposedBytes` lists every place where a secret is read.
@safe public struct SecretBytes: ~Copyable, @unchecked Sendable {
    // Unchecked because the allocation is owned by this one value and never changes once `init` has returned.
    private let base: UnsafeMutableRawPointer

    /// The secret's size in bytes.
    public let count: Int

    /// Makes room for `count` bytes, all zero, and lets `fill` write them.
    public init<E: Error>(count: Int, fill: (inout MutableRawSpan) throws(E) -> Void) throws(E) {
        precondition(count >= 0, "a size is not negative")
        guard let memory = unsafe secure_memory_allocate(count) else {
            fatalError("out of memory for \(count) bytes of locked memory")
        }
        unsafe self.base = memory
        self.count = count
        var span = unsafe MutableRawSpan(_unsafeStart: memory, byteCount: count)
        try fill(&span)
    }

    /// Copies `bytes` in. The source is the caller's to wipe.
    public init(copying bytes: RawSpan) {
        self.init(count: bytes.byteCount) { (span: inout MutableRawSpan) in
            span.copyBytes(from: bytes)
        }
    }

    /// Copies `bytes` in. The source is the caller's to wipe.
    public init(copying bytes: [UInt8]) {
        // Unsafe in general for the padding of larger elements; bytes have none.
        unsafe self.init(copying: bytes.span.bytes)
    }

    deinit {
        unsafe secure_memory_free(base, count)
    }

    /// Lends the bytes in the clear for the length of `body`.
    public borrowing func withExposedBytes<R: ~Copyable, E: Error>(_ body: (RawSpan) throws(E) -> R) throws(E) -> R {
        let span = unsafe RawSpan(_unsafeStart: base, byteCount: count)
        return try body(span)
    }

    /// Whether both secrets are the same, in a time that depends on their size alone.
    public borrowing func isEqual(to other: borrowing SecretBytes) -> Bool {
        guard count == other.count else { return false }
        return unsafe secure_memory_equal(base, other.base, count)
    }
}
