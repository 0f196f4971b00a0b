import Glibc

/// A file that is said to hold a policy.
enum PolicyInput {
    case text(String)
    /// It is there but can be no policy; says why.
    case unreadable(String)

    /// - Parameters:
    ///   - path: `-` is the standard input.
    ///   - longest: In bytes; the most that GetKeyPolicy answers.
    static func read(_ path: String, atMost longest: Int = 131_072) throws(CommandFailure) -> PolicyInput {
        let descriptor = path == "-" ? 0 : unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw CommandFailure(
                "\(path) cannot be read: \(errorText())", hint: "is this the path of a file that you may read?")
        }
        defer { if descriptor != 0 { close(descriptor) } }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 16_384)
        while true {
            let count = unsafe buffer.withUnsafeMutableBytes { unsafe Glibc.read(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else {
                throw CommandFailure(
                    "\(path) cannot be read: \(errorText())", hint: "is this the path of a file that you may read?")
            }
            guard count > 0 else { break }
            bytes.append(contentsOf: buffer[..<count])
            guard bytes.count <= longest else {
                return .unreadable("it has more than \(longest) bytes")
            }
        }
        guard let text = String(validating: bytes, as: UTF8.self) else { return .unreadable("it is not UTF-8") }
        return .text(text)
    }
}
