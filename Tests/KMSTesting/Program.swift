internal import Foundation
internal import HSMWorkerProtocol

/// Running other programs.
package enum Program {
    package struct Failure: Error, CustomStringConvertible {
        package let description: String
    }

    @discardableResult package static func run(
        _ name: String, _ arguments: String..., environment: [String: String] = [:]
    ) throws -> String {
        try run(name, arguments: arguments, environment: environment)
    }

    /// Runs a program of PATH to its end and answers what it printed. Blocks.
    @discardableResult package static func run(
        _ name: String, arguments: [String], environment: [String: String] = [:]
    ) throws -> String {
        let process = Process()
        let output = Pipe()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = [name] + arguments
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = output
        process.standardError = output
        try process.run()
        let text = String(decoding: try output.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw Failure(description: "\(name) failed with \(process.terminationStatus): \(text)")
        }
        return text
    }

    /// Makes the program `path` of a script's text.
    ///
    /// Another program writes it: a child that another test is just starting has all that this process has open until its
    /// execve, and what is open for writing anywhere cannot be started ("Text file busy").
    package static func install(_ script: String, at path: String) throws {
        let text = path + ".text"
        try Data(script.utf8).write(to: URL(filePath: text))
        try run("install", "-m", "755", text, path)
    }

    /// The program `name` of this package, which stands beside the tests.
    package static func built(_ name: String) throws -> String {
        let tests = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        let path = URL(filePath: tests).deletingLastPathComponent().appending(path: name).path
        guard FileManager.default.isExecutableFile(atPath: path) else {
            throw MissingPrerequisite("\(path) is not there", hint: "swift build --build-tests")
        }
        return path
    }

    /// Runs what blocks on a thread of its own: the tests share as few threads as the machine has processors.
    package static func offPool<T: Sendable>(_ body: @escaping @Sendable () throws -> T) async throws -> T {
        try await LaneThread.run(body)
    }
}
