extension [UInt8] {
    /// Appends the path with `.`, `..` and empty segments resolved and everything but `/` percent-encoded.
    ///
    /// A `..` at the root stays there. A slash at the end is kept when a segment precedes it (as botocore has it).
    mutating func appendCanonicalPath(_ path: String) {
        // Most paths are as they are signed, that of AWS KMS (`/`) and those of the XKS proxy among them.
        if path.utf8.span.isCanonicalPath { return append(contentsOf: path.utf8) }
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

extension Span<UInt8> {
    /// Whether there is nothing in it to be resolved or encoded. One with a segment that begins with a dot may have no
    /// need of it either.
    fileprivate var isCanonicalPath: Bool {
        guard count > 0, self[0] == UInt8(ascii: "/") else { return false }
        for index in 1..<count {
            let byte = self[index]
            let beginsSegment = self[index - 1] == UInt8(ascii: "/")
            guard byte.isUnreserved || byte == UInt8(ascii: "/"),
                !beginsSegment || byte != UInt8(ascii: "/") && byte != UInt8(ascii: ".")
            else { return false }
        }
        return true
    }
}
