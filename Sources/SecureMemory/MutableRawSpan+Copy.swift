import CSecureMemory

extension MutableRawSpan {
    /// Copies all of `source` to the byte at `offset`; both bounds are checked.
    @inline(__always)
    public mutating func copyBytes(from source: RawSpan, at offset: Int = 0) {
        precondition(offset >= 0 && source.byteCount <= byteCount - offset, "the source does not fit")
        guard source.byteCount > 0 else { return }
        unsafe withUnsafeMutableBytes { target in
            unsafe source.withUnsafeBytes { bytes in
                unsafe target.baseAddress!.advanced(by: offset).copyMemory(
                    from: bytes.baseAddress!, byteCount: bytes.count)
            }
        }
    }

    /// Overwrites every byte with zero; the compiler cannot leave it out.
    public mutating func wipe() {
        unsafe withUnsafeMutableBytes { bytes in
            guard let start = bytes.baseAddress else { return }
            unsafe secure_memory_wipe(start, bytes.count)
        }
    }
}
