import ArgumentParser
import AuditLog
import FoundationEssentials
import Glibc
import KMSCore
import LibCrypto

struct AuditVerify: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Prove that nothing in the audit log was altered, removed, inserted, reordered or cut off.",
        discussion: """
            strongroom audit verify --state /var/lib/strongroom
            strongroom audit verify --folder /backup/audit --public-key audit.pem

            It changes nothing, and may be run beside the server. The exit status is 0 when the log is whole, 1 when \
            it is not, and 2 when that could not be found out.

            A log that was replaced as a whole by an older copy of itself is whole, too: note the head that is \
            printed elsewhere, and see that later heads have higher numbers.
            """
    )

    @OptionGroup var location: AuditLocation

    @Option(help: "A PEM file with the key to verify with. (default: the one in the state directory's database)")
    var publicKey: String?

    @Option(help: "The first record that must be here: files with earlier ones only are kept elsewhere.")
    var archivedBefore: UInt64 = 1

    @Flag(help: "Print the findings as JSON.")
    var json = false

    func run() async throws {
        let report = try await report()
        print(try json ? report.json() : report.text)
        if !report.isWhole { throw ExitCode(1) }
    }

    func report() async throws(CommandFailure) -> AuditReport {
        do {
            let key: PublicKey
            if let publicKey {
                key = try AuditLocation.key(in: publicKey)
            } else {
                key = try await location.pinnedKey()
            }
            // Where a server has a key for its log, a log that is not there was removed.
            let folder = try location.open(mustExist: location.folder != nil)
            let verifier = AuditVerifier(folder, signedBy: key, archivedBefore: archivedBefore)
            let progress = Progress()
            defer { progress.end() }
            return try verifier.verify { progress.show($0, of: $1) }
        } catch let failure as CommandFailure {
            throw CommandFailure(failure.message, hint: failure.hint, status: 2)
        } catch let error as KMSError {
            throw CommandFailure(error.cause ?? error.message, status: 2)
        } catch {
            throw CommandFailure("\(error)", status: 2)
        }
    }

    /// How far it is, on a terminal.
    private final class Progress {
        private let isShown = isatty(2) == 1
        private var percent = -1

        func show(_ done: Int, of total: Int) {
            guard isShown, total > 64 << 20, case let now = done / (total / 100), now != percent else { return }
            percent = now
            put("\rverified \(min(now, 100)) %", on: 2)
        }

        func end() {
            if percent >= 0 { put("\r\u{1b}[K", on: 2) }
        }
    }
}

extension AuditReport {
    var text: String {
        var lines = faults.map { "\($0.kind.name): \($0)" }
        lines += notes.map { "note: \($0)" }
        if isWhole {
            lines.append(
                "The log is whole: \(counted(records, "record")) in \(counted(files, "file")) of \(bytes) bytes, "
                    + "\(counted(digests, "signed digest")).")
        } else {
            lines.append(
                "The log is not as it was written: only \(counted(records, "record")) before the first fault "
                    + "\(records == 1 ? "is" : "are").")
        }
        if let head { lines.append("Signed up to record \(head.sequence) at \(head.time), \(head.hash)") }
        return lines.joined(separator: "\n")
    }

    func json() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(Printed(self)), as: UTF8.self)
    }

    private struct Printed: Encodable {
        struct Fault: Encodable {
            let kind: String
            let file: String
            let line: Int?
            let sequence: UInt64?
            let text: String
        }

        struct Head: Encodable {
            let sequence: UInt64
            let hash: String
            let time: String
        }

        let whole: Bool
        let files: Int
        let records: UInt64
        let bytes: Int
        let digests: Int
        let unsigned: UInt64
        let head: Head?
        let faults: [Fault]
        let notes: [String]

        init(_ report: AuditReport) {
            whole = report.isWhole
            files = report.files
            records = report.records
            bytes = report.bytes
            digests = report.digests
            unsigned = report.unsigned
            head = report.head.map { Head(sequence: $0.sequence, hash: $0.hash, time: $0.time) }
            faults = report.faults.map { fault in
                Fault(
                    kind: fault.kind.rawValue, file: fault.file, line: fault.line, sequence: fault.sequence,
                    text: fault.text)
            }
            notes = report.notes
        }
    }
}

extension AuditFault.Kind {
    fileprivate var name: String { self == .cutOff ? "cut off" : rawValue }
}
