internal import Foundation
package import HSMWorkerProtocol
internal import Synchronization

/// A real token of a kind that runs on a developer's machine, made by its script in `hsm-config/tokens/` and used by its
/// profile in `hsm-config/`. Gone, with its daemons, with its last user.
package final class TestToken: Sendable {
    /// The raw values are the names of scripts and profiles.
    package enum Kind: String, CaseIterable, Sendable, CustomStringConvertible {
        case softHSM2 = "softhsm2"
        case nss
        case openCryptoki = "opencryptoki"
        case tpm2
        case p11KitRemote = "p11-kit-remote"

        package var description: String { rawValue }
    }

    package let kind: Kind
    /// All of the token's state, and its PIN.
    package let folder: String
    package let module: String
    /// RFC 7512.
    package let uri: String
    package let pinFile: String
    package let profile: HSMProfile
    /// What a worker's environment has to have.
    package let environment: [String: String]
    private let script: String

    /// Makes the token: a second for the slowest. Throws what is to be installed where that is missing.
    package init(_ kind: Kind) throws {
        self.kind = kind
        script = try Self.repository.appending(path: "hsm-config/tokens/\(kind.rawValue).sh").path
        // Not in /dev/shm, which openCryptoki's namespace hides.
        folder = "/tmp/strongroom-\(kind.rawValue)-\(UUID().uuidString.prefix(8))"
        LeftTokens.add(script: script, folder: folder)
        do {
            try Program.run(script, folder)
        } catch let failure as Program.Failure {
            throw MissingPrerequisite(
                "there is no token \(kind): \(failure)", hint: "scripts/install-dependencies.sh test")
        }
        let facts = try Self.facts(folder + "/token")
        let (place, maker) = (folder, script)
        func fact(_ name: String) throws -> String {
            guard let value = facts[name] else {
                throw MissingPrerequisite("\(place)/token names no \(name)", hint: maker)
            }
            return value
        }
        module = try fact("module")
        uri = try fact("uri")
        pinFile = try fact("pin")
        profile = try ProfileText.profile(String(contentsOf: URL(filePath: fact("profile")), encoding: .utf8))
        environment = ["PATH": "/usr/sbin:/usr/bin:/sbin:/bin"].merging(profile.environment) { $1 }
    }

    deinit {
        LeftTokens.remove(script: script, folder: folder)
    }

    /// The folder of the package.
    private static var repository: URL {
        get throws {
            var path = URL(filePath: #filePath)
            for _ in 0..<3 { path.deleteLastPathComponent() }
            return path
        }
    }

    /// A file of NAME=VALUE lines.
    private static func facts(_ path: String) throws -> [String: String] {
        let lines = try String(contentsOf: URL(filePath: path), encoding: .utf8).split(separator: "\n")
        let pairs = lines.compactMap { line -> (String, String)? in
            line.firstIndex(of: "=").map { (String(line[..<$0]), String(line[line.index(after: $0)...])) }
        }
        return Dictionary(pairs) { $1 }
    }

    /// A program that starts `program` so that it finds the token: where that takes more than variables, a script.
    package func starter(of program: String) throws -> String {
        let enter = folder + "/enter"
        guard FileManager.default.isExecutableFile(atPath: enter) else { return program }
        let path = "\(folder)/start-\(URL(filePath: program).lastPathComponent)"
        try Data("#!/bin/sh\nexec \(enter) \(program) \"$@\"\n".utf8).write(to: URL(filePath: path), options: .atomic)
        try FileManager.default.setAttributes([.posixPermissions: 0o700], ofItemAtPath: path)
        return path
    }

    /// What a worker has to be told.
    package func workerSettings(task: WorkerSettings.Task = .serve) -> WorkerSettings {
        WorkerSettings(
            task: task, modulePath: module, tokenURI: uri, pinSource: .file(pinFile), profile: profile,
            startLockPath: folder + "/start.lock")
    }

    /// Runs a program where the token is found, as a user would.
    @discardableResult package func run(_ command: String...) throws -> String {
        try Program.run(script, arguments: [folder, "run"] + command)
    }

    /// Ends the token's daemons, or starts them again.
    package func stopDaemons() throws { try Program.run(script, folder, "--stop") }
    package func startDaemons() throws { try Program.run(script, folder) }
}

/// Tokens that live as long as the process: no deinit ends their daemons.
private enum LeftTokens {
    private static let all = Mutex<[String: String]>([:])
    private static let registration: Void = {
        atexit {
            for (folder, script) in LeftTokens.all.withLock({ $0 }) {
                LeftTokens.remove(script: script, folder: folder)
            }
        }
    }()

    static func add(script: String, folder: String) {
        _ = registration
        all.withLock { $0[folder] = script }
    }

    static func remove(script: String, folder: String) {
        all.withLock { _ = $0.removeValue(forKey: folder) }
        // Foundation's own way to run a program does not work any more while the process ends. Neither path has characters
        // that mean something to a shell.
        _ = unsafe system("'\(script)' '\(folder)' --stop >/dev/null 2>&1; rm -rf '\(folder)'")
    }
}
