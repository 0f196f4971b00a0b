import AuditLog
import Foundation
import KMSCore
import KMSTesting
import Testing

@Suite(.timeLimit(.minutes(2))) struct `After a crash` {
    let rig: Rig

    init() throws {
        rig = try Rig()
    }

    /// What is left of a log of three records whose server was killed, all of it signed for.
    private func crashed() async throws -> Rig {
        let log = try await rig.begin()
        try await log.append(durably: [rig.item("A"), rig.item("B")])
        try await rig.eventually { try rig.verify().head?.sequence == 3 }
        let copy = try rig.crash()
        await log.close()
        return copy
    }

    @Test func `a line without an end is moved aside and told of`() async throws {
        let crashed = try await crashed()
        let file = try #require(try crashed.files().last)
        try crashed.append(#"{"sequence":4,"previous":"00"#, to: file)
        let report = try crashed.verify()
        #expect(report.isWhole)
        #expect(report.notes.contains { $0.contains("ends in the middle of a line") })

        try await crashed.open().close()
        #expect(try crashed.content(file + ".torn") == Data(#"{"sequence":4,"previous":"00"#.utf8))
        #expect(crashed.notices.contains(.movedAside(bytes: 28, copy: file + ".torn")))
        let line = try #require(try crashed.lines(file).dropFirst(3).first)
        #expect(line.contains(#""eventName":"StartLogging""#))
        #expect(line.contains(#""movedAside":[{"file":"\#(file).torn""#))
        #expect(try crashed.verify().isWhole)
        #expect(try crashed.verify().notes == ["\(file).torn holds what a crash left unfinished"])
    }

    @Test func `what the disk made of lines that nobody signed for is moved aside`() async throws {
        let crashed = try await crashed()
        let file = try #require(try crashed.files().last)
        try crashed.append(String(repeating: "\0", count: 4096) + "\n" + "more\n", to: file)
        try await crashed.open().close()
        #expect(try crashed.content(file + ".torn").count == 4102)
        #expect(try crashed.verify().isWhole)
    }

    @Test func `records that nobody has signed for are kept, signed and told of`() async throws {
        let log = try await rig.begin()
        rig.signer.set(away: true)
        try await log.append(durably: [rig.item("A"), rig.item("B")])
        let crashed = try rig.crash()
        rig.signer.set(away: false)
        await log.close()

        let before = try crashed.verify()
        #expect(before.isWhole && before.unsigned > 0)
        #expect(before.notes.contains { $0.contains("not ended in order") })
        try await crashed.open().close()
        #expect(crashed.notices == [.signedLate(records: before.unsigned)])
        let after = try crashed.verify()
        #expect(after.isWhole && after.unsigned == 0)
        #expect(after.notes.contains { $0.contains("signed for only after the server had been started again") })
        #expect(try crashed.lines(crashed.files()[0])[3].contains(#""signedLate":\#(before.unsigned)"#))
    }

    @Test func `a digest that was cut short is made again`() async throws {
        let log = try await rig.begin()
        try await log.append(durably: [rig.item("A")])
        await log.close()
        try rig.append(#"{"statement":{"#, to: LogFolder.digests)
        try await rig.open().close()
        let report = try rig.verify()
        #expect(report.isWhole && report.digests == 2)
    }

    @Test func `a file that was begun and holds nothing yet is gone on with`() async throws {
        let crashed = try await crashed()
        let empty = "00000000000000000004-20260101T000100Z.jsonl"
        try crashed.put([], in: empty)
        #expect(try crashed.verify().isWhole)
        try await crashed.open().close()
        #expect(try crashed.lines(empty).count == 2)
        #expect(try crashed.verify().isWhole)
    }

    @Test func `a log with what was signed for altered is not gone on with`() async throws {
        let crashed = try await crashed()
        let file = try crashed.files()[0]
        try crashed.changeLines(of: file) { $0[1] = $0[1].replacing("Region", with: "Legion") }
        let error = await #expect(throws: KMSError.self) { _ = try await crashed.open() }
        #expect(error?.cause?.contains("\(file), line 2, record 2") == true, "\(error?.cause ?? "")")
        #expect(error?.cause?.contains("strongroom audit verify") == true)
    }

    @Test func `a log whose signed end was cut off is not gone on with`() async throws {
        let crashed = try await crashed()
        try crashed.changeLines(of: crashed.files()[0]) { $0.removeLast() }
        let error = await #expect(throws: KMSError.self) { _ = try await crashed.open() }
        #expect(error?.cause?.contains("cut off") == true)
    }

    @Test func `a log that is gone is not begun anew, unless somebody says so`() async throws {
        try await rig.write(1)
        for name in try FileManager.default.contentsOfDirectory(atPath: rig.path) {
            try FileManager.default.removeItem(atPath: rig.folder.file(name))
        }
        let error = await #expect(throws: KMSError.self) { _ = try await rig.open() }
        #expect(error?.cause?.contains("\(rig.path)/begin") == true)
        try rig.put([], in: LogFolder.begin)
        try await rig.open().close()
        #expect(try rig.verify().isWhole)
        #expect(!FileManager.default.fileExists(atPath: rig.folder.file(LogFolder.begin)), "that holds once")

        try FileManager.default.removeItem(atPath: rig.path)
        let another = await #expect(throws: KMSError.self) { _ = try await rig.open() }
        #expect(another?.cause == error?.cause)
    }

    @Test func `a log without its head is not gone on with`() async throws {
        try await rig.write(1)
        try FileManager.default.removeItem(atPath: rig.folder.file(LogFolder.head))
        let error = await #expect(throws: KMSError.self) { _ = try await rig.open() }
        #expect(error?.cause?.contains("head.json is missing") == true)
    }

    @Test func `a log of another key is not gone on with`() async throws {
        try await rig.write(1)
        let other = try Rig(in: rig.path)
        let error = await #expect(throws: KMSError.self) { _ = try await other.open() }
        #expect(error?.cause?.contains("another key") == true)
    }
}
