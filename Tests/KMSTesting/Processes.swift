internal import Foundation
package import Glibc

/// What /proc tells.
package enum Processes {
    package static func children(with text: String) -> [pid_t] {
        let processes = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return processes.compactMap { pid_t($0) }.filter { process in
            parent(of: process) == getpid() && environment(of: process).contains(text)
        }.sorted()
    }

    package static func parent(of process: pid_t) -> pid_t? {
        let words = file("/proc/\(process)/stat").split(separator: ")").last?.split(separator: " ")
        guard let words, words.count > 1, words[0] != "Z" else { return nil }
        return pid_t(words[1])
    }

    package static func environment(of process: pid_t) -> String { file("/proc/\(process)/environ") }
    package static func commandLine(of process: pid_t) -> String { file("/proc/\(process)/cmdline") }

    package static func descriptors(of process: pid_t) -> Int {
        (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(process)/fd").count) ?? 0
    }

    package static func threads(of process: pid_t) -> Int {
        (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(process)/task").count) ?? 0
    }

    package static func file(_ path: String) -> String {
        (try? Data(contentsOf: URL(filePath: path))).map { String(decoding: $0, as: UTF8.self) } ?? ""
    }

    package static func kill(_ processes: [pid_t], _ signal: Int32 = SIGKILL) {
        for process in processes { _ = Glibc.kill(process, signal) }
    }
}
