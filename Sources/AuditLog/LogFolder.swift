import FoundationEssentials
import Glibc

/// The folder of a log: files of records, the digests, the head. For its owner alone.
///
///     00000000000000000001-20261121T103000Z.jsonl    records, by the first one's sequence and the time of the file
///     digests.jsonl                                  signed digests, one a line
///     head.json                                      the signed head
///     begin                                          that a log may be begun here, until it is
///     *.torn                                         what a crash left unfinished
package struct LogFolder: Hashable, Sendable {
    package let path: String

    package init(_ path: String) {
        self.path = path
    }

    package static let digests = "digests.jsonl"
    package static let head = "head.json"
    package static let begin = "begin"

    package func file(_ name: String) -> String { path + "/" + name }

    package var isThere: Bool { unsafe access(path, F_OK) == 0 }

    /// The names of the files of records, in their order, and of what does not belong here.
    package func list() throws(LogFailure) -> (records: [RecordFileName], others: [String]) {
        guard let names = try? FileManager.default.contentsOfDirectory(atPath: path) else {
            throw LogFailure("read", path)
        }
        let ours: Set = [Self.digests, Self.head, Self.begin, Self.head + ".new"]
        let records = names.compactMap(RecordFileName.init)
        let others = names.filter { RecordFileName($0) == nil && !ours.contains($0) }
        return (records.sorted { $0.text < $1.text }, others.sorted())
    }

    /// Makes the folder where there is none.
    func create() throws(LogFailure) {
        guard unsafe mkdir(path, 0o700) != 0 else { return try Self.sync(path + "/..") }
        guard errno == EEXIST else { throw LogFailure("make the folder", path) }
    }

    /// Waits until names are as durable as what they name.
    func sync() throws(LogFailure) { try Self.sync(path) }

    private static func sync(_ path: String) throws(LogFailure) {
        let descriptor = unsafe open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw LogFailure("open", path) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw LogFailure("sync", path) }
    }

    /// Puts a small file in the place of whatever was there: all of it or nothing, durably.
    func replace(_ name: String, with bytes: [UInt8]) throws(LogFailure) {
        let new = file(name + ".new")
        let descriptor = unsafe open(new, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw LogFailure("make", new) }
        defer { close(descriptor) }
        try writeAll(bytes, to: descriptor, new)
        guard fsync(descriptor) == 0 else { throw LogFailure("sync", new) }
        guard unsafe rename(new, file(name)) == 0 else { throw LogFailure("replace", file(name)) }
        try sync()
    }

    /// What stands in a file, or nil where there is none.
    func read(_ name: String, from offset: Int = 0, atMost limit: Int) throws(LogFailure) -> [UInt8]? {
        let descriptor = unsafe open(file(name), O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            if errno == ENOENT { return nil }
            throw LogFailure("open", file(name))
        }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: limit)
        let count = unsafe bytes.withUnsafeMutableBytes { unsafe pread(descriptor, $0.baseAddress, limit, offset) }
        guard count >= 0 else { throw LogFailure("read", file(name)) }
        return Array(bytes.prefix(count))
    }

    /// To find none is no error.
    func remove(_ name: String) throws(LogFailure) {
        guard unsafe unlink(file(name)) == 0 || errno == ENOENT else { throw LogFailure("remove", file(name)) }
    }

    /// How long a file is; 0 where there is none.
    func size(of name: String) -> Int {
        var status = stat()
        return unsafe stat(file(name), &status) == 0 ? Int(status.st_size) : 0
    }

    /// Keeps what stands behind `offset` in a file beside it, and cuts it off.
    func moveAside(from name: String, behind offset: Int) throws(LogFailure) -> MovedBytes {
        let bytes = try read(name, from: offset, atMost: max(0, size(of: name) - offset)) ?? []
        var copy = name + ".torn"
        for number in 2..<100 where unsafe access(file(copy), F_OK) == 0 { copy = "\(name).\(number).torn" }
        try replace(copy, with: bytes)
        let path = file(name)
        let descriptor = unsafe open(path, O_WRONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw LogFailure("open", path) }
        defer { close(descriptor) }
        guard ftruncate(descriptor, offset) == 0, fsync(descriptor) == 0 else { throw LogFailure("cut", path) }
        return MovedBytes(copy: copy, count: bytes.count, hash: LogHash(of: bytes.span))
    }
}

/// What was cut off a file, and where it is kept.
struct MovedBytes {
    let copy: String
    let count: Int
    let hash: LogHash
}

/// Writes all of `bytes`.
func writeAll(_ bytes: [UInt8], to descriptor: Int32, _ path: String) throws(LogFailure) {
    var written = 0
    while written < bytes.count {
        let count = unsafe bytes.withUnsafeBytes {
            unsafe write(descriptor, $0.baseAddress! + written, bytes.count - written)
        }
        guard count >= 0 else {
            if errno == EINTR { continue }
            throw LogFailure("write", path)
        }
        written += count
    }
}
