import Glibc

/// Keeps others from writing to the log: a lock on its folder, as long as the process holds it open.
package struct FolderLock: Sendable {
    private let descriptor: Int32

    /// Waits two seconds for an earlier process.
    init(_ folder: LogFolder) async throws {
        descriptor = unsafe Glibc.open(folder.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else {
            if errno == ENOENT { throw RecoveredLog.Refusal.missing(folder) }
            throw LogFailure("open", folder.path)
        }
        for _ in 0..<40 {
            if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { return }
            try await Task.sleep(for: .milliseconds(50))
        }
        Glibc.close(descriptor)
        throw RecoveredLog.Refusal("another server writes to it: stop that one first")
    }

    func release() {
        Glibc.close(descriptor)
    }

    /// Whether somebody writes to the log now.
    static func isHeld(_ folder: LogFolder) -> Bool {
        let descriptor = unsafe Glibc.open(folder.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { return false }
        defer { Glibc.close(descriptor) }
        return flock(descriptor, LOCK_SH | LOCK_NB) != 0
    }
}
