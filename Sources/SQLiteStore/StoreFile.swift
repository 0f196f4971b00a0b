internal import Glibc
internal import KMSCore

/// The database's file, before SQLite opens it.
enum StoreFile {
    /// Creates the file when it is not there. Either way nobody but its owner may open it afterwards; SQLite gives
    /// the log and the index beside it the same mode.
    static func prepare(_ path: String) throws(KMSError) {
        try translatingErrors(at: path) {
            // SQLite itself would create it readable for everyone, as far as the umask lets it.
            let descriptor = unsafe open(path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0o600)
            if descriptor >= 0 {
                close(descriptor)
            } else if errno == EEXIST {
                try restrict(path)
            } else {
                throw failure("cannot be created")
            }
        }
    }

    /// Takes all rights from group and others.
    ///
    /// By the path and not by a descriptor: to close a descriptor of a database drops the locks that any other
    /// connection of this process holds on it (POSIX advisory locks; sqlite.org/howtocorrupt.html §2.2).
    private static func restrict(_ path: String) throws {
        var status = stat()
        guard unsafe stat(path, &status) == 0 else { throw failure("cannot be looked at") }
        guard status.st_mode & S_IFMT == S_IFREG else { throw StoreFailure("is not a file") }
        guard status.st_mode & 0o077 != 0 else { return }
        guard unsafe chmod(path, 0o600) == 0 else { throw failure("is open to others, which cannot be changed") }
    }

    private static func failure(_ what: String) -> StoreFailure {
        let reason = errno
        return StoreFailure("\(what): \(unsafe String(cString: strerror(reason)))")
    }
}
