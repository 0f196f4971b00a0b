import Glibc

/// A file that grows at its end, by whole pieces that are on the disk for good or not there.
struct AppendedFile {
    let path: String
    private let descriptor: Int32
    /// How much of the file is on the disk for good.
    private(set) var size: Int
    /// Something may stand behind it that a failed attempt left.
    private var needsRepair = false

    /// - Parameter isNew: Whether there must be no such file yet.
    init(_ path: String, isNew: Bool) throws(LogFailure) {
        let flags = O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | (isNew ? O_EXCL : 0)
        descriptor = unsafe open(path, flags, 0o600)
        guard descriptor >= 0 else { throw LogFailure("open", path) }
        self.path = path
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0 else {
            let failure = LogFailure("read", path)
            Glibc.close(descriptor)
            throw failure
        }
        size = Int(status.st_size)
    }

    /// When this throws, the file is as it was, or will be before anything else is written to it. That also goes for a
    /// failed sync: what it left unwritten is nowhere marked, so everything is written again.
    mutating func append(_ bytes: [UInt8]) throws(LogFailure) {
        if needsRepair {
            guard ftruncate(descriptor, size) == 0 else { throw LogFailure("repair", path) }
            needsRepair = false
        }
        needsRepair = true
        try writeAll(bytes, to: descriptor, path)
        guard fsync(descriptor) == 0 else { throw LogFailure("sync", path) }
        needsRepair = false
        size += bytes.count
    }

    consuming func close() {
        if needsRepair { _ = ftruncate(descriptor, size) }
        Glibc.close(descriptor)
    }
}
