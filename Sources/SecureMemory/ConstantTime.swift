import CSecureMemory

/// What has to hold whatever the values are: comparing and locking of memory.
public enum ConstantTime {
    /// Whether both are the same bytes, in a time that depends on their sizes alone.
    public static func areEqual(_ a: RawSpan, _ b: RawSpan) -> Bool {
        guard a.byteCount == b.byteCount else { return false }
        guard a.byteCount > 0 else { return true }
        return unsafe a.withUnsafeBytes { x in
            unsafe b.withUnsafeBytes { y in
                unsafe secure_memory_equal(x.baseAddress!, y.baseAddress!, x.count)
            }
        }
    }
}

/// Whether this process could lock the pool that small secrets live in (mlock; RLIMIT_MEMLOCK allows 4 MiB or more).
public var isSecureMemoryLocked: Bool {
    secure_memory_is_locked()
}
