import AuditLog
import Foundation
import KMSCore
import KMSTesting
import LibCrypto
import Testing

/// Something done to a closed log of 62 records in files of six, and what must be found.
struct Tampering: Sendable, CustomTestStringConvertible {
    let name: String
    let kind: AuditFault.Kind
    /// The file, by its place among the files of records, or by its name.
    var file: Int?
    var special: String?
    let line: Int?
    let sequence: UInt64?
    let change: @Sendable (Rig, _ files: [String]) throws -> Void

    var testDescription: String { name }

    static let all: [Tampering] = records + files + proofs

    private static func lines(
        _ name: String, _ kind: AuditFault.Kind, file: Int = 3, line: Int, sequence: UInt64,
        in changed: Int = 3, _ change: @escaping @Sendable (inout [String]) -> Void
    ) -> Tampering {
        Tampering(name: name, kind: kind, file: file, line: line, sequence: sequence) { rig, files in
            try rig.changeLines(of: files[changed], change)
        }
    }

    private static let records: [Tampering] = [
        lines("a record's text is altered", .altered, line: 3, sequence: 21) {
            $0[2] = $0[2].replacing("eu-central-1", with: "eu-central-2")
        },
        lines("the first record of a file is altered", .altered, line: 1, sequence: 19) {
            $0[0] = $0[0].replacing("eu-central-1", with: "eu-central-2")
        },
        lines("the last record of a file is altered", .altered, line: 6, sequence: 24) {
            $0[5] = $0[5].replacing("eu-central-1", with: "eu-central-2")
        },
        lines("the last record of all is altered", .altered, file: 10, line: 2, sequence: 62, in: 10) {
            $0[1] = $0[1].replacing("eu-central-1", with: "eu-central-2")
        },
        lines("what a record says of the one before it is altered", .altered, line: 3, sequence: 21) {
            $0[2] = $0[2].replacing(/"previous":"[0-9a-f]{4}/, with: #""previous":"0000"#)
        },
        lines("a record's sequence is altered", .removed, line: 3, sequence: 21) {
            $0[2] = $0[2].replacing(#""sequence":21"#, with: #""sequence":22"#)
        },
        lines("a record is no JSON any more", .altered, line: 3, sequence: 21) { $0[2] = "garbage" },
        lines("a line is cut short", .altered, line: 3, sequence: 21) { $0[2].removeLast() },
        lines("a record is altered and the chain behind it written anew", .altered, line: 6, sequence: 24) {
            $0[2] = $0[2].replacing("eu-central-1", with: "eu-central-2")
            rechain(&$0, from: 3)
        },
        lines("a record is removed", .removed, line: 3, sequence: 21) { $0.remove(at: 2) },
        lines("three records are removed", .removed, line: 2, sequence: 20) { $0.removeSubrange(1...3) },
        lines("the first record of a file is removed", .removed, line: 1, sequence: 19) {
            $0.removeFirst()
        },
        lines("the last record of a file is removed", .removed, line: 6, sequence: 24) { $0.removeLast() },
        lines("two records are exchanged", .reordered, line: 3, sequence: 21) { $0.swapAt(2, 3) },
        lines("a record is moved forward", .reordered, line: 2, sequence: 20) { $0.insert($0.remove(at: 4), at: 1) },
        lines("a record is there twice", .inserted, line: 5, sequence: 21) { $0.insert($0[2], at: 4) },
        lines("a forged record is inserted before its like", .inserted, line: 3, sequence: 21) {
            $0.insert($0[2].replacing("eu-central-1", with: "eu-central-2"), at: 2)
        },
        lines("a line that is no record is inserted", .altered, line: 3, sequence: 21) { $0.insert("", at: 2) },
    ]

    private static let files: [Tampering] = [
        lines("the last record of all is cut off", .cutOff, file: 10, line: 2, sequence: 62, in: 10) {
            $0.removeLast()
        },
        lines("the end is cut off in the middle of a line", .altered, file: 10, line: 2, sequence: 62, in: 10) {
            $0[1].removeLast(10)
        },
        Tampering(name: "the last line's end is cut off", kind: .altered, file: 10, line: 2, sequence: 62) {
            let content = try $0.content($1[10])
            try content.dropLast().write(to: URL(filePath: $0.folder.file($1[10])))
        },
        Tampering(name: "the first file is removed", kind: .removed, file: 0, line: nil, sequence: 1) {
            try FileManager.default.removeItem(atPath: $0.folder.file($1[0]))
        },
        Tampering(name: "a file is removed", kind: .removed, file: 3, line: nil, sequence: 19) {
            try FileManager.default.removeItem(atPath: $0.folder.file($1[3]))
        },
        Tampering(name: "the last file is removed", kind: .cutOff, file: 10, line: nil, sequence: 61) {
            try FileManager.default.removeItem(atPath: $0.folder.file($1[10]))
        },
        Tampering(name: "all files are removed", kind: .cutOff, file: 0, line: nil, sequence: 1) { rig, files in
            for file in files { try FileManager.default.removeItem(atPath: rig.folder.file(file)) }
        },
        Tampering(name: "a file is emptied", kind: .removed, file: 3, line: 1, sequence: 19) {
            try $0.put([], in: $1[3])
        },
        Tampering(name: "the last file is emptied", kind: .cutOff, file: 10, line: 1, sequence: 61) {
            try $0.put([], in: $1[10])
        },
        Tampering(name: "two files are exchanged", kind: .reordered, file: 3, line: 1, sequence: 19) { rig, files in
            let (a, b) = (try rig.content(files[3]), try rig.content(files[4]))
            try b.write(to: URL(filePath: rig.folder.file(files[3])))
            try a.write(to: URL(filePath: rig.folder.file(files[4])))
        },
        Tampering(
            name: "a file is given another name", kind: .altered,
            special: "00000000000000000018-20260101T000000Z.jsonl", line: 1, sequence: 19
        ) {
            try FileManager.default.moveItem(
                atPath: $0.folder.file($1[3]),
                toPath: $0.folder.file("00000000000000000018-20260101T000000Z.jsonl"))
        },
        Tampering(
            name: "a copy of a file is added", kind: .inserted,
            special: "00000000000000000020-20260101T000000Z.jsonl", line: 1, sequence: 19
        ) {
            try $0.content($1[3]).write(
                to: URL(filePath: $0.folder.file("00000000000000000020-20260101T000000Z.jsonl")))
        },
        Tampering(
            name: "the log ends earlier, with head and digests of the end", kind: .cutOff, file: 9, line: nil,
            sequence: 55
        ) {
            try FileManager.default.removeItem(atPath: $0.folder.file($1[9]))
            try FileManager.default.removeItem(atPath: $0.folder.file($1[10]))
        },
    ]

    private static let proofs: [Tampering] = [
        Tampering(name: "a digest is altered", kind: .altered, special: LogFolder.digests, line: 4, sequence: 19) {
            rig, _ in
            try rig.changeLines(of: LogFolder.digests) { $0[3] = $0[3].replacing(#""first":19"#, with: #""first":18"#) }
        },
        Tampering(name: "a digest is removed", kind: .altered, special: LogFolder.digests, line: 4, sequence: 19) {
            rig, _ in
            try rig.changeLines(of: LogFolder.digests) { $0.remove(at: 3) }
        },
        Tampering(name: "two digests are exchanged", kind: .altered, special: LogFolder.digests, line: 4, sequence: 19)
        {
            rig, _ in
            try rig.changeLines(of: LogFolder.digests) { $0.swapAt(3, 4) }
        },
        Tampering(name: "a digest is there twice", kind: .altered, special: LogFolder.digests, line: 5, sequence: 25) {
            rig, _ in
            try rig.changeLines(of: LogFolder.digests) { $0.insert($0[3], at: 4) }
        },
        Tampering(
            name: "the last digest is cut off", kind: .cutOff, special: LogFolder.digests, line: 11, sequence: nil
        ) {
            rig, _ in
            try rig.changeLines(of: LogFolder.digests) { $0.removeLast() }
        },
        Tampering(name: "the digests are removed", kind: .cutOff, special: LogFolder.digests, line: 1, sequence: nil) {
            rig, _ in
            try FileManager.default.removeItem(atPath: rig.folder.file(LogFolder.digests))
        },
        Tampering(name: "the head is altered", kind: .altered, special: LogFolder.head, line: 1, sequence: nil) {
            rig, _ in
            try rig.changeLines(of: LogFolder.head) {
                $0[0] = $0[0].replacing(#""sequence":62"#, with: #""sequence":61"#)
            }
        },
        Tampering(name: "the head is removed", kind: .removed, special: LogFolder.head, line: nil, sequence: nil) {
            rig, _ in
            try FileManager.default.removeItem(atPath: rig.folder.file(LogFolder.head))
        },
        Tampering(name: "a digest stands for the head", kind: .altered, special: LogFolder.head, line: 1, sequence: nil)
        {
            rig, _ in
            try rig.put([rig.lines(LogFolder.digests)[10]], in: LogFolder.head)
        },
        Tampering(name: "the head is emptied", kind: .altered, special: LogFolder.head, line: 1, sequence: nil) {
            rig, _ in
            try rig.put([], in: LogFolder.head)
        },
    ]

    /// Makes every line from this one on continue the line before it.
    private static func rechain(_ lines: inout [String], from start: Int) {
        for index in start..<lines.count {
            let hash = Hexadecimal.encode(Digest.sha256.hash(Array(lines[index - 1].utf8)))
            lines[index] = lines[index].replacing(/"previous":"[0-9a-f]{64}"/, with: #""previous":"\#(hash)""#)
        }
    }
}

@Suite(.timeLimit(.minutes(2))) struct `Verification of an audit log` {
    let rig: Rig

    init() throws {
        rig = try Rig()
    }

    /// Six records a file, whatever their length.
    private func write() async throws -> [String] {
        let log = try await rig.begin {
            $0.rotation = .hourly
            $0.digestInterval = 1_000_000
        }
        for number in 1..<61 {
            if number.isMultiple(of: 6) { rig.clock.advance(bySeconds: 3600) }
            try await log.append(durably: [rig.item("Call\(number)")])
            try await rig.eventually { try rig.verify().unsigned == 0 }
        }
        await log.close()
        let files = try rig.files()
        try #require(files.map { try rig.lines($0).count } == Array(repeating: 6, count: 10) + [2])
        return files
    }

    @Test func `passes on a log as it was written`() async throws {
        _ = try await write()
        let report = try rig.verify()
        #expect(report.isWhole && report.notes.isEmpty)
        #expect(report.records == 62 && report.files == 11 && report.digests == 11 && report.unsigned == 0)
        #expect(report.head?.sequence == 62)
    }

    @Test func `finds every kind of tampering, and names the first bad record`() async throws {
        let files = try await write()
        for tampering in Tampering.all {
            let copy = try rig.crash()
            try tampering.change(copy, files)
            let fault = try copy.verify().faults.first
            #expect(fault?.kind == tampering.kind, "\(tampering.name): \(fault?.description ?? "nothing found")")
            #expect(fault?.file == tampering.file.map { files[$0] } ?? tampering.special, "\(tampering.name)")
            #expect(fault?.line == tampering.line, "\(tampering.name): \(fault?.description ?? "")")
            #expect(fault?.sequence == tampering.sequence, "\(tampering.name): \(fault?.description ?? "")")
            let whole = tampering.special == LogFolder.digests ? 62 : tampering.sequence.map { $0 - 1 } ?? 62
            #expect(try copy.verify().records == whole, "\(tampering.name)")
        }
    }

    @Test func `finds a byte that was changed, wherever it is`() async throws {
        let files = try await write()
        var random = SplitMix64(seed: 4)
        for _ in 0..<200 {
            let copy = try rig.crash()
            let file = try #require((files + [LogFolder.digests, LogFolder.head]).randomElement(using: &random))
            var content = try copy.content(file)
            // The end of the head's line is nothing of its own.
            let index = Int.random(in: 0..<(content.count - (file == LogFolder.head ? 1 : 0)), using: &random)
            content[index] ^= UInt8.random(in: 1...255, using: &random)
            try content.write(to: URL(filePath: copy.folder.file(file)))
            #expect(try !copy.verify().isWhole, "\(file) at \(index)")
        }
    }

    @Test func `says that nobody has signed for what was added at the end`() async throws {
        let files = try await write()
        let last = try #require(try rig.lines(files[10]).last)
        let hash = Hexadecimal.encode(Digest.sha256.hash(Array(last.utf8)))
        let record = String(decoding: rig.record("Forged").json, as: UTF8.self)
        try rig.append(#"{"sequence":63,"previous":"\#(hash)","record":\#(record)}"# + "\n", to: files[10])
        let report = try rig.verify()
        #expect(report.unsigned == 1)
        #expect(
            report.notes == [
                "nobody has signed for 1 record at the end yet, from record 63 on: the server was not ended in order, "
                    + "and they prove nothing"
            ])
    }

    @Test func `fails with another key`() async throws {
        try await rig.write(1)
        let other = try Rig(in: rig.path)
        let faults = try other.verify().faults
        #expect(faults.map(\.file) == [LogFolder.head, LogFolder.digests])
    }

    @Test func `passes on what an archive left, if told where that begins`() async throws {
        let files = try await write()
        for file in files.prefix(3) { try FileManager.default.removeItem(atPath: rig.folder.file(file)) }
        #expect(try !rig.verify().isWhole)
        let report = try rig.verify(archivedBefore: 19)
        #expect(report.isWhole && report.records == 44)
        #expect(try !rig.verify(archivedBefore: 18).isWhole)
        try rig.changeLines(of: files[3]) { $0[0] = $0[0].replacing("eu-central-1", with: "eu-central-2") }
        #expect(try rig.verify(archivedBefore: 19).faults.first?.sequence == 19)
    }

    @Test func `may be done beside the server`() async throws {
        let log = try await rig.begin { $0.maximumFileSize = 100_000 }
        let done = Task { () throws -> Int in
            var count = 0
            while !Task.isCancelled {
                let report = try rig.verify()
                guard report.isWhole else {
                    Issue.record("\(report)")
                    break
                }
                count += 1
            }
            return count
        }
        for number in 0..<3000 { try log.append(rig.record("Call\(number)")) }
        try await log.append(durably: [rig.item("Last")])
        done.cancel()
        _ = try await done.value
        await log.close()
        #expect(try rig.verify().isWhole)
    }

    @Test func `of a folder without a log says so`() throws {
        try FileManager.default.createDirectory(atPath: rig.path, withIntermediateDirectories: true)
        #expect(try rig.verify().faults.map(\.kind) == [.removed])
        try FileManager.default.removeItem(atPath: rig.path)
        #expect(try rig.verify().faults.map(\.kind) == [.removed])
    }
}
