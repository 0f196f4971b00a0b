extension RawSpan {
    /// Lends the bytes as C functions take input. Data of no length gets an address too: a null pointer makes some
    /// modules crash, and leaves the session of others stuck.
    @inline(__always)
    func withInput<R>(_ body: (UnsafeMutablePointer<UInt8>, UInt) -> R) -> R {
        guard byteCount > 0 else {
            var nothing: UInt8 = 0
            return unsafe body(&nothing, 0)
        }
        return unsafe withUnsafeBytes { raw in
            let bytes = unsafe UnsafeMutableRawPointer(mutating: raw.baseAddress!).assumingMemoryBound(to: UInt8.self)
            return unsafe body(bytes, UInt(raw.count))
        }
    }
}

extension MutableRawSpan {
    /// Lends the bytes as room for output; see ``RawSpan/withInput(_:)``.
    @inline(__always)
    mutating func withOutput<R>(_ body: (UnsafeMutablePointer<UInt8>, UInt) -> R) -> R {
        guard byteCount > 0 else {
            var nothing: UInt8 = 0
            return unsafe body(&nothing, 0)
        }
        return unsafe withUnsafeMutableBytes { raw in
            unsafe body(raw.baseAddress!.assumingMemoryBound(to: UInt8.self), UInt(raw.count))
        }
    }
}
