import FoundationEssentials
import Glibc

/// The folder that holds everything of one server: configuration, credentials, database and, where the token is
/// software, the token.
struct StateDirectory: Sendable {
    let path: String

    init(_ path: String) {
        self.path = path.hasPrefix("/") ? path : FileManager.default.currentDirectoryPath + "/" + path
    }

    var configuration: String { path + "/strongroom.yaml" }
    var profile: String { path + "/profile.yaml" }
    var credentials: String { path + "/credentials" }
    var database: String { path + "/metadata.sqlite" }
    var pin: String { path + "/pin" }
    var securityOfficerPIN: String { path + "/so-pin" }
    var lock: String { path + "/lock" }
    var startLock: String { path + "/token.lock" }
    /// The same of a further token, from 2.
    func startLock(ofMember number: Int) -> String { path + "/token-\(number).lock" }

    /// The same of the token that a custom key store is in.
    func startLock(ofCluster id: String) -> String { path + "/token-\(id).lock" }
    /// The same of a token of Regions, by the first of them.
    func startLock(ofRegion name: String) -> String { path + "/token-\(name).lock" }

    /// A path out of the configuration; one that is not absolute counts from this folder.
    func resolve(_ name: String) -> String {
        name.hasPrefix("/") ? name : path + "/" + name
    }

    /// Makes the folder, for its owner alone. Answers whether it was not there before.
    func create() throws(CommandFailure) -> Bool {
        if let entries = try? FileManager.default.contentsOfDirectory(atPath: path) {
            guard !entries.contains("strongroom.yaml") else {
                throw CommandFailure(
                    "\(path) is initialised already",
                    hint: "serve it with: strongroom serve --state \(path); or give --state another folder"
                )
            }
            guard entries.isEmpty else {
                throw CommandFailure("\(path) is not empty", hint: "give --state a new folder")
            }
            return false
        }
        do {
            try FileManager.default.createDirectory(
                atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            throw CommandFailure("the folder \(path) cannot be made: \(errorText())")
        }
        return true
    }

    /// Writes a new file with the mode 0600; one that is there is never overwritten.
    func write(_ text: String, to file: String) throws(CommandFailure) {
        let descriptor = unsafe open(file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw CommandFailure("the file \(file) cannot be made: \(errorText())") }
        defer { close(descriptor) }
        var bytes = Array(text.utf8)
        let written = unsafe bytes.withUnsafeBytes { unsafe Glibc.write(descriptor, $0.baseAddress, $0.count) }
        // It may hold a secret access key.
        unsafe bytes.withUnsafeMutableBytes { unsafe explicit_bzero($0.baseAddress!, $0.count) }
        guard written == bytes.count, fsync(descriptor) == 0 else {
            throw CommandFailure("the file \(file) cannot be written: \(errorText())")
        }
    }
}

func errorText(_ code: Int32 = errno) -> String {
    unsafe String(cString: strerror(code))
}
