import Glibc

/// A shared credentials file that a profile is added to. What is in it stays as it is.
struct CredentialsFile {
    private let path: String
    /// In bytes. Such files hold a few profiles.
    private static let longest = 1 << 20

    init(_ path: String) {
        self.path = path
    }

    /// Throws unless the profile can be added.
    func check(_ profile: String) throws(CommandFailure) {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            if errno == ENOENT { return }
            throw CommandFailure("\(path) cannot be read: \(errorText())")
        }
        defer { close(descriptor) }
        _ = try content(descriptor, without: profile)
    }

    func add(_ section: String, _ profile: String) throws(CommandFailure) {
        let descriptor = unsafe open(path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw CommandFailure("\(path) cannot be written: \(errorText())") }
        defer { close(descriptor) }
        var content = try content(descriptor, without: profile)
        defer { content.wipe() }
        let isWhole = content.isEmpty || content.last == UInt8(ascii: "\n")
        var bytes = Array(((content.isEmpty ? "" : isWhole ? "\n" : "\n\n") + section).utf8)
        defer { bytes.wipe() }
        // In one piece, which another program that appends cannot get into.
        let written = unsafe bytes.withUnsafeBytes { unsafe Glibc.write(descriptor, $0.baseAddress, $0.count) }
        guard written == bytes.count, fsync(descriptor) == 0 else {
            throw CommandFailure("\(path) cannot be written: \(errorText())")
        }
    }

    private func content(_ descriptor: Int32, without profile: String) throws(CommandFailure) -> [UInt8] {
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw CommandFailure("\(path) is not a file", hint: "give another name with --output")
        }
        guard status.st_mode & 0o077 == 0 else {
            throw CommandFailure("\(path) can be read by others", hint: "run: chmod 600 \(path)")
        }
        guard status.st_size <= Self.longest else {
            throw CommandFailure("\(path) is too large for a credentials file")
        }
        var bytes = [UInt8](repeating: 0, count: Int(status.st_size))
        let count = unsafe bytes.withUnsafeMutableBytes { unsafe pread(descriptor, $0.baseAddress, $0.count, 0) }
        guard count == bytes.count else { throw CommandFailure("\(path) cannot be read: \(errorText())") }
        for line in String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline) {
            let words = line.split(whereSeparator: \.isWhitespace)
            guard words.joined(separator: " ") != "[\(profile)]" else {
                throw CommandFailure(
                    "\(path) has a profile \(profile) already",
                    hint: "give another name with --profile-name, or take the old one out of the file")
            }
        }
        return bytes
    }
}
