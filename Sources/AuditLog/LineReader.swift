import Glibc

/// Reads a file line by line, however long it is, in little memory.
package struct LineReader: ~Copyable {
    private let path: String
    private let descriptor: Int32
    private var buffer: [UInt8]
    /// The bytes in the buffer that were read and not given out yet.
    private var content = 0..<0
    /// Where in the file the next line begins.
    package private(set) var offset: Int

    private static let chunk = 1 << 20

    package init(_ path: String, at offset: Int = 0) throws(LogFailure) {
        descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw LogFailure("open", path) }
        self.path = path
        self.offset = offset
        buffer = [UInt8](repeating: 0, count: Self.chunk)
    }

    deinit {
        close(descriptor)
    }

    /// Gives out the lines that are there by now and have an end, without it. A line that is longer than any record can
    /// be comes in pieces, none of which is one. `body` answers whether it wants more.
    package mutating func forEachLine(_ body: (Span<UInt8>) -> Bool) throws(LogFailure) {
        repeat {
            while let end = lineEnd {
                let line = content.lowerBound..<end
                let next = min(end + 1, content.upperBound)
                offset += next - line.lowerBound
                content = next..<content.upperBound
                guard body(buffer.span.extracting(line)) else { return }
            }
        } while try fill()
    }

    /// How many bytes stand behind the last line's end.
    package var remainder: Int { content.count }

    private var lineEnd: Int? {
        let content = content
        let found = unsafe buffer.withUnsafeBytes { bytes -> Int? in
            guard let start = bytes.baseAddress, !content.isEmpty,
                let newline = unsafe memchr(start + content.lowerBound, 0x0a, content.count)
            else { return nil }
            return unsafe start.distance(to: newline)
        }
        if found == nil, content.count == buffer.count { return content.upperBound }
        return found
    }

    /// Reads more behind what is there. Answers whether there was any.
    private mutating func fill() throws(LogFailure) -> Bool {
        if content.lowerBound > 0 {
            let rest = content
            unsafe buffer.withUnsafeMutableBytes { bytes in
                unsafe _ = memmove(bytes.baseAddress!, bytes.baseAddress! + rest.lowerBound, rest.count)
            }
            content = 0..<rest.count
        }
        let (start, room, place) = (content.count, buffer.count - content.count, offset + content.count)
        let count = unsafe buffer.withUnsafeMutableBytes { bytes in
            unsafe pread(descriptor, bytes.baseAddress! + start, room, place)
        }
        guard count >= 0 else { throw LogFailure("read", path) }
        content = 0..<(start + count)
        return count > 0
    }
}
