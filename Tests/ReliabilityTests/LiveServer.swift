import Foundation
import KMSAPIClient
import KMSTesting
import SigV4
import Testing

/// `strongroom serve` on a state directory, a SoftHSM token and a fault module of its own.
final class LiveServer: @unchecked Sendable {
    // @unchecked because each belongs to one test, which starts and stops it from one place at a time.
    let folder: String
    let faults: FaultModule
    private(set) var process: Process?
    private var settings: ClientConfiguration?
    private(set) var endpoint = ""
    /// Where the metrics are.
    private(set) var metricsPort = 0

    var state: String { folder + "/state" }
    var pinFile: String { state + "/pin" }
    private var logFile: String { folder + "/log" }
    var log: String { Processes.file(logFile) }

    /// Makes the state directory. Blocks.
    ///
    /// - Parameters:
    ///   - profile: Lines for the profile, in place of SoftHSM's own.
    ///   - configuration: Lines for strongroom.yaml.
    init(profile: [String: String] = [:], configuration: [String] = []) throws {
        let parent = FileManager.default.isWritableFile(atPath: "/dev/shm") ? "/dev/shm" : NSTemporaryDirectory()
        folder = "\(parent)/strongroom-live-\(UUID())"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        faults = try FaultModule()
        var lines: [Substring] = []
        for line in try Self.softHSMProfile().split(separator: "\n", omittingEmptySubsequences: false) {
            if profile.keys.contains(where: { line.hasPrefix($0 + ":") }) { continue }
            lines.append(line)
            guard line.hasPrefix("environment:") else { continue }
            for (name, value) in faults.environment { lines.append("  \(name): \(value)") }
        }
        for (name, value) in profile { lines.append("\(name): \(value)") }
        let profilePath = folder + "/profile.yaml"
        try Data(lines.joined(separator: "\n").utf8).write(to: URL(filePath: profilePath))
        try run(
            "init", "--state", state, "--profile", profilePath, "--module", FaultModule.path, "--listen", "127.0.0.1:0")
        metricsPort = try Self.freePort()
        let all = ["quotas: {all: unlimited}", "metrics: {listen: '127.0.0.1:\(metricsPort)'}"] + configuration
        let path = URL(filePath: state + "/strongroom.yaml")
        let text = String(decoding: try Data(contentsOf: path), as: UTF8.self) + all.joined(separator: "\n") + "\n"
        try Data(text.utf8).write(to: path)
    }

    deinit {
        if let process, process.isRunning { kill(process.processIdentifier, SIGKILL) }
        try? FileManager.default.removeItem(atPath: folder)
    }

    private static func softHSMProfile() throws -> String {
        var path = URL(filePath: #filePath)
        for _ in 0..<3 { path.deleteLastPathComponent() }
        return String(
            decoding: try Data(contentsOf: path.appending(path: "hsm-config/softhsm2.yaml")), as: UTF8.self)
    }

    /// A port that nobody listens at in this moment.
    static func freePort() throws -> Int {
        let socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(socket) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let result = unsafe withUnsafeMutablePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                unsafe bind(socket, address, size) == 0 && getsockname(socket, address, &size) == 0
            }
        }
        try #require(result)
        return Int(UInt16(bigEndian: address.sin_port))
    }

    @discardableResult func run(_ arguments: String...) throws -> String {
        try Program.run(try Program.built("strongroom"), arguments: arguments)
    }

    // MARK: Its life

    /// Starts the server. Blocks until it listens.
    func start(environment: [String: String] = [:]) throws {
        let process = Process()
        let output = Pipe()
        process.executableURL = URL(filePath: try Program.built("strongroom"))
        process.arguments = ["serve", "--state", state, "--listen", "127.0.0.1:0"]
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = output
        if !FileManager.default.fileExists(atPath: logFile) {
            _ = FileManager.default.createFile(atPath: logFile, contents: nil)
        }
        let log = try FileHandle(forWritingTo: URL(filePath: logFile))
        try log.seekToEnd()
        process.standardError = log
        try process.run()
        self.process = process
        var line = ""
        while !line.hasSuffix("\n"), let byte = try output.fileHandleForReading.read(upToCount: 1), !byte.isEmpty {
            line += String(decoding: byte, as: UTF8.self)
        }
        guard let url = line.split(separator: " ").last?.dropLast(), url.hasPrefix("http://") else {
            throw LiveServerFailure(description: "the server said \(line) instead of where it listens: \(self.log)")
        }
        endpoint = String(url)
        settings = try clientSettings()
    }

    func stop() throws {
        guard let process else { return }
        process.terminate()
        process.waitUntilExit()
    }

    private func clientSettings() throws -> ClientConfiguration {
        var settings: [String: String] = [:]
        for line in Processes.file(state + "/credentials").split(separator: "\n") {
            let words = line.split(separator: "=", maxSplits: 1).map { $0.trimmingCharacters(in: .whitespaces) }
            if words.count == 2 { settings[words[0]] = words[1] }
        }
        return ClientConfiguration(
            credential: SigningCredential(
                accessKeyID: settings["aws_access_key_id"] ?? "",
                secretAccessKey: settings["aws_secret_access_key"] ?? ""),
            region: settings["region"] ?? "us-east-1", endpoint: try Endpoint(endpoint))
    }

    /// Calls an operation, as the project's own client does, its retries among it.
    private func call(_ operation: String, _ input: Message) async throws -> Message {
        guard let settings else { throw LiveServerFailure(description: "the server was not started") }
        return try await KMSAPIClient.withClient(settings) {
            try await $0.call(operation, input, returning: Message.self)
        }
    }

    // MARK: Its front

    /// The members that the operations take and answer, as far as they are needed here.
    private struct Message: Codable {
        struct Metadata: Codable {
            var keyID: String

            enum CodingKeys: String, CodingKey { case keyID = "KeyId" }
        }

        var keyID: String?
        var metadata: Metadata?
        var plaintext: Data?
        var ciphertext: Data?

        enum CodingKeys: String, CodingKey {
            case keyID = "KeyId"
            case metadata = "KeyMetadata"
            case plaintext = "Plaintext"
            case ciphertext = "CiphertextBlob"
        }
    }

    func createKey() async throws -> String {
        try #require(try await call("CreateKey", Message()).metadata).keyID
    }

    func encrypt(_ bytes: [UInt8], with key: String) async throws -> [UInt8] {
        Array(try #require(try await call("Encrypt", Message(keyID: key, plaintext: Data(bytes))).ciphertext))
    }

    func decrypt(_ ciphertext: [UInt8]) async throws -> [UInt8] {
        Array(try #require(try await call("Decrypt", Message(ciphertext: Data(ciphertext))).plaintext))
    }

    /// The status that GET answers, and the body.
    func get(_ path: String, port: Int? = nil) throws -> (status: Int, body: String) {
        let url = port.map { "http://127.0.0.1:\($0)" } ?? endpoint
        let text = try Program.run("curl", "-s", "-o", "-", "-w", "\n%{http_code}", url + path)
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        return (Int(lines.last ?? "") ?? 0, lines.dropLast().joined(separator: "\n"))
    }

    /// The samples of the metrics, by their names with labels.
    func metrics() throws -> [String: Double] {
        let text = try get("/metrics", port: metricsPort).body
        var samples: [String: Double] = [:]
        for line in text.split(separator: "\n") where !line.hasPrefix("#") {
            guard let blank = line.lastIndex(of: " ") else { continue }
            samples[String(line[..<blank])] = Double(line[line.index(after: blank)...])
        }
        return samples
    }
}

struct LiveServerFailure: Error, CustomStringConvertible {
    let description: String
}
