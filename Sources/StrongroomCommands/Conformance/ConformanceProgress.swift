import Glibc
import HSMClient
import HSMWorkerProtocol

/// Shows on standard error how far a run is: on a terminal in one line that changes, elsewhere a line for each group.
struct ConformanceProgress {
    private let isTerminal: Bool
    private let write: (String) -> Void
    private var place = ""
    private var check = ""
    private var counts: [ConformanceVerdict: Int] = [:]

    init(isTerminal: Bool = isatty(2) == 1, write: @escaping (String) -> Void = { put($0, on: 2) }) {
        self.isTerminal = isTerminal
        self.write = write
    }

    mutating func show(_ event: ConformanceRun.Event) {
        switch event {
        case .group(let group, let number, let total):
            place = "[\(number)/\(total)] \(group.title)"
            check = ""
            counts = [:]
            showLine(place)
        case .check(let name, _):
            check = name
            showLine("\(place): \(check)")
        case .progress(let done, let total):
            showLine("\(place): \(check), \(done) of \(total)")
        case .finding(let finding):
            counts[finding.verdict, default: 0] += 1
        case .groupEnded(_, let seconds):
            let all: [ConformanceVerdict] = [.pass, .quirk, .missing, .fail]
            let found = all.compactMap { verdict in counts[verdict].map { "\($0) \(verdict.rawValue)" } }
            let list = found.isEmpty ? "nothing found" : found.joined(separator: ", ")
            let tenths = Int((seconds * 10).rounded())
            write("\(start)\(place): \(list) (\(tenths / 10).\(tenths % 10) s)\n")
        case .removing:
            write("\(start)removing what the run made\n")
        }
    }

    /// Begins the line anew, with nothing of what it showed.
    private var start: String { isTerminal ? "\r\u{1B}[K" : "" }

    private func showLine(_ text: String) {
        guard isTerminal else { return }
        // One that wraps could not be taken back.
        write(start + String(text.prefix(79)))
    }
}
