extension [UInt8] {
    /// Appends the path with `.`, `..` and empty segments resolved and everything but `/` percent-encoded.
    ///
    /// A `..` at the root stays there. A slash at the end is kept when a segment precedes it (as botocore has it).
    mutating func appendCanonicalPath(_ path: String) {
        // The only path that AWS KMS has, and so the only one that must be fast.
        if path == "/" { return append(UInt8(ascii: "/")) }
        let bytes = Array(path.utf8)
        var segments: [ArraySlice<UInt8>] = []
        for segment in bytes.split(separator: UInt8(ascii: "/")) {
            if segment.elementsEqual("..".utf8) {
                _ = segments.popLast()
            } else if !segment.elementsEqual(".".utf8) {
                segments.append(segment)
            }
        }
        for segment in segments {
            append(UInt8(ascii: "/"))
            for byte in segment { appendPercentEncoded(byte) }
        }
        if segments.isEmpty || bytes.last == UInt8(ascii: "/") { append(UInt8(ascii: "/")) }
    }
}
