internal import Foundation
package import HSMWorkerProtocol

/// The PKCS#11 module of `Tests/FaultModule` around a real one, and the file that tells it how to fail.
///
/// The manual of the rules is in `Tests/FaultModule/calls.c`.
package final class FaultModule: Sendable {
    /// The path of the module that is wrapped.
    package let target: String
    private let folder: String

    /// - Parameters:
    ///   - target: The module to wrap; nil for SoftHSM's.
    package init(around target: String? = nil) throws {
        self.target = try target ?? SoftHSMToken.modulePath
        let parent = FileManager.default.isWritableFile(atPath: "/dev/shm") ? "/dev/shm" : NSTemporaryDirectory()
        folder = "\(parent)/strongroom-faults-\(UUID())"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try obey([])
    }

    deinit {
        try? FileManager.default.removeItem(atPath: folder)
    }

    /// The path of the faulty module.
    package static var path: String {
        get throws { try Program.built("libstrongroom-fault-module.so") }
    }

    private var control: String { folder + "/control" }
    private var logFile: String { folder + "/log" }

    /// What a process needs in its environment, beside what the wrapped module needs.
    package var environment: [String: String] {
        ["FAULT_MODULE_TARGET": target, "FAULT_MODULE_CONTROL": control, "FAULT_MODULE_LOG": logFile]
    }

    // MARK: Faults

    /// From each process's next call on these are the rules, and no others. Their counts begin anew.
    package func obey(_ rules: [String]) throws {
        // By rename: no process reads half a file, and each sees that it is another one.
        try Data(rules.map { $0 + "\n" }.joined().utf8).write(to: URL(filePath: control), options: .atomic)
    }

    package func obey(_ rules: String...) throws {
        try obey(rules)
    }

    /// From now on every call is passed on.
    package func clear() throws {
        try obey([])
    }

    // MARK: Calls

    /// A call that has ended.
    package struct Call: Sendable {
        /// When it began, in nanoseconds of the monotonic clock.
        package let begin: UInt64
        package let process: Int32
        package let function: String
        /// Nil for a call in which the module crashed.
        package let returnValue: UInt?
        /// How long it took, in nanoseconds.
        package let duration: UInt64
        package let session: UInt

        package var end: UInt64 { begin + duration }
    }

    /// All calls since the beginning or ``forgetCalls()``, in the order in which they ended.
    package var calls: [Call] {
        let text = (try? String(contentsOfFile: logFile, encoding: .utf8)) ?? ""
        return text.split(separator: "\n").compactMap(Call.init)
    }

    package func calls(of function: String) -> [Call] {
        calls.filter { $0.function == function }
    }

    /// Empties the log.
    package func forgetCalls() {
        // Cut, not replaced: the workers have it open.
        try? FileHandle(forWritingTo: URL(filePath: logFile)).truncate(atOffset: 0)
    }
}

extension FaultModule.Call {
    fileprivate init?(line: Substring) {
        let words = line.split(separator: " ")
        guard words.count == 6, let begin = UInt64(words[0]), let process = Int32(words[1]),
            let duration = UInt64(words[4])
        else { return nil }
        self.begin = begin
        self.process = process
        function = String(words[2])
        returnValue = UInt(words[3].dropFirst(2), radix: 16)
        self.duration = duration
        session = UInt(words[5].dropFirst(2), radix: 16) ?? 0
    }
}

extension WorkerSettings {
    /// Puts the fault module between the worker and the module of these settings.
    package mutating func wrap(in faults: FaultModule) throws {
        modulePath = try FaultModule.path
    }
}
