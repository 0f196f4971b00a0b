import Glibc

/// What became of the last attempt to log in to a token, in a file: so that neither a server that is started again and
/// again nor a command beside it tries a PIN that was refused, and locks the token with that.
///
/// The file is written, and safe on disk, before a login with a PIN that was never accepted. Who holds the lock on
/// starts (``WorkerSettings/startLockPath``) is the only one that writes.
package struct LoginLedger: Sendable {
    package enum Standing: Hashable, Sendable {
        /// Nothing is known of the PIN that the source has now.
        case new
        /// The token took it.
        case accepted
        /// The token refused it.
        case refused
        /// So many attempts were begun that ended without a yes or no, or whose end nobody saw.
        case unfinished(Int)
    }

    /// Beside the start lock, with the token's name in its own.
    package let path: String
    private let source: PINSource
    /// Of before the PIN is read: a change after that is a change.
    private let stamp: PINSourceStamp

    /// More attempts than that are not begun with a PIN that was never accepted.
    package static let maximumUnfinished = 2

    /// To be made before the PIN is read. Nil where there is no folder for it.
    package init?(_ settings: WorkerSettings) {
        guard let lock = settings.startLockPath, let slash = lock.lastIndex(of: "/") else { return nil }
        let token = String(PINSourceStamp.hash(settings.modulePath + "\n" + settings.tokenURI), radix: 16)
        path = lock[...slash] + "login-" + token
        source = settings.pinSource
        stamp = PINSourceStamp(source)
    }

    /// What the file says of the PIN that the source has now.
    package var standing: Standing {
        guard let words = read() else { return .new }
        guard words.count == 3, words[1] == stamp.text else { return .new }
        switch words[0] {
        case "accepted": return .accepted
        case "refused": return .refused
        case "begun": return .unfinished(Int(words[2]) ?? Self.maximumUnfinished)
        default: return .new
        }
    }

    /// Why no login may be tried now; nil if one may.
    package var objection: String? {
        switch standing {
        case .new, .accepted:
            nil
        case .refused:
            "the token refused this PIN before, so no other login is tried with it; \(remedy)"
        case .unfinished(let count):
            count < Self.maximumUnfinished
                ? nil : "\(count) logins with this PIN ended without an answer, so no other one is tried; \(remedy)"
        }
    }

    private var remedy: String {
        if case .file(let file) = source {
            return "write the right PIN into \(file), or remove \(path) if it is right now"
        }
        if case .handed = source { return "give the right one, or the same once more if it is right now" }
        return "put the PIN right where it comes from, and then remove \(path)"
    }

    /// An attempt begins. Throws when that must not be, or cannot be recorded.
    package func begin() throws(LoginRefusal) {
        if let objection { throw LoginRefusal(description: objection) }
        let standing = standing
        // A PIN that was right before costs no tries of the token's, however the attempt ends.
        if standing == .accepted { return }
        let count = if case .unfinished(let count) = standing { count + 1 } else { 1 }
        guard write("begun", count) else {
            throw LoginRefusal(
                description: "no login is tried, because \(path) cannot be written: \(errorText(errno))",
                isLasting: false)
        }
    }

    /// The attempt that was begun has ended with the token's yes or no. When it said neither it may have counted the
    /// attempt all the same, so nothing is to be told then.
    package func end(isAccepted: Bool) {
        if !isAccepted {
            _ = write("refused", 0)
        } else if standing != .accepted {
            _ = write("accepted", 0)
        }
    }

    // MARK: The file: the outcome, the stamp, and a number, in one line.

    private func read() -> [String]? {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 512)
        let count = unsafe bytes.withUnsafeMutableBytes { unsafe Glibc.read(descriptor, $0.baseAddress, $0.count) }
        let text = String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
        return text.split(whereSeparator: \.isNewline).first?.split(separator: " ").map(String.init) ?? []
    }

    /// In one step: a reader sees the old line or the new one.
    private func write(_ outcome: String, _ number: Int) -> Bool {
        let new = path + ".new"
        let descriptor = unsafe open(new, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { return false }
        let line = Array("\(outcome) \(stamp.text) \(number)\n".utf8)
        let written = unsafe line.withUnsafeBytes { unsafe Glibc.write(descriptor, $0.baseAddress, $0.count) }
        let isSafe = written == line.count && fsync(descriptor) == 0
        close(descriptor)
        guard isSafe, unsafe rename(new, path) == 0 else { return false }
        guard let slash = path.lastIndex(of: "/") else { return true }
        let folder = unsafe open(String(path[...slash]), O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard folder >= 0 else { return true }
        defer { close(folder) }
        return fsync(folder) == 0
    }

    private func errorText(_ code: Int32) -> String { unsafe String(cString: strerror(code)) }
}

/// Why no login was tried.
package struct LoginRefusal: Error, CustomStringConvertible, Sendable {
    package let description: String
    /// Whether only the operator can change it.
    package var isLasting = true
}
