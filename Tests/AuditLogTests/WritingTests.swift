import AuditLog
import Foundation
import KMSCore
import KMSTesting
import LibCrypto
import Testing

@Suite(.timeLimit(.minutes(2))) struct `An audit log` {
    let rig: Rig

    init() throws {
        rig = try Rig()
    }

    @Test func `chains each record to the line before it by SHA-256`() async throws {
        try await rig.write(3)
        let lines = try rig.lines(try #require(rig.files().first))
        #expect(lines.count == 5)
        var previous = String(repeating: "0", count: 64)
        for (index, line) in lines.enumerated() {
            #expect(line.hasPrefix(#"{"sequence":\#(index + 1),"previous":"\#(previous)","record":{"#))
            #expect(try JSONSerialization.jsonObject(with: Data(line.utf8)) is [String: Any])
            previous = Hexadecimal.encode(Digest.sha256.hash(Array(line.utf8)))
        }
        #expect(try rig.events().map(\.eventName) == ["StartLogging", "Call0", "Call1", "Call2", "StopLogging"])
        #expect(try rig.verify().isWhole)
    }

    @Test func `is for its owner alone`() async throws {
        try await rig.write(1)
        func mode(_ path: String) throws -> Int {
            try #require(FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int)
        }
        #expect(try mode(rig.path) == 0o700)
        for name in try FileManager.default.contentsOfDirectory(atPath: rig.path) {
            #expect(try mode(rig.folder.file(name)) == 0o600, "\(name)")
        }
    }

    @Test func `has a durable item on the disk when the call returns, and all that came before it`() async throws {
        let log = try await rig.begin { $0.syncInterval = .seconds(1) }
        try log.append(rig.record("Before"))
        try await log.append(durably: [rig.item("First"), rig.item("Second")])
        #expect(try rig.events().map(\.eventName) == ["StartLogging", "Before", "First", "Second"])
        await log.close()
    }

    @Test func `keeps the order of many writers' records each`() async throws {
        let log = try await rig.begin()
        await withTaskGroup { group in
            for writer in 0..<4 {
                group.addTask {
                    for number in 0..<500 { try? log.append(rig.record("W\(writer)N\(number)")) }
                }
            }
        }
        await log.close()
        let names = try rig.events().map(\.eventName)
        #expect(names.count == 2002)
        for writer in 0..<4 {
            #expect(names.filter { $0.hasPrefix("W\(writer)N") } == (0..<500).map { "W\(writer)N\($0)" })
        }
        #expect(try rig.verify().records == 2002)
    }

    @Test func `begins a file when the last one is full, and chains across`() async throws {
        try await rig.write(60) { $0.maximumFileSize = 8192 }
        let files = try rig.files()
        #expect(files.count > 5)
        for file in files {
            #expect(try rig.content(file).count <= 8192)
            let first = try #require(try rig.lines(file).first)
            let sequence = try #require(Int(file.prefix(20)))
            #expect(first.hasPrefix(#"{"sequence":\#(sequence),"#), "the name tells the first record")
        }
        let report = try rig.verify()
        #expect(report.isWhole && report.records == 62)
        #expect(report.digests == files.count, "each file has its digest")
    }

    @Test(arguments: [(AuditLogSettings.Rotation.daily, Int64(86_400)), (.hourly, 3600)])
    func `begins a file each day or hour`(rotation: AuditLogSettings.Rotation, seconds: Int64) async throws {
        let log = try await rig.begin { $0.rotation = rotation }
        try await log.append(durably: [rig.item("A")])
        rig.clock.advance(bySeconds: seconds - 1)
        try await log.append(durably: [rig.item("B")])
        #expect(try rig.files().count == 1)
        rig.clock.advance(bySeconds: 1)
        try await log.append(durably: [rig.item("C")])
        await log.close()
        #expect(try rig.files().map { try rig.lines($0).count } == [3, 2])
        #expect(try rig.verify().isWhole)
    }

    @Test func `has a digest signed every hour`() async throws {
        let log = try await rig.begin()
        for hour in 1...3 {
            try await log.append(durably: [rig.item("Hour\(hour)")])
            rig.clock.advance(bySeconds: 3600)
            try await rig.eventually { try rig.verify().digests == hour }
        }
        await log.close()
        #expect(try rig.verify().digests == 4)
    }

    @Test func `has its head signed while it works`() async throws {
        let log = try await rig.begin()
        try await log.append(durably: [rig.item("A")])
        try await rig.eventually { try rig.verify().head?.sequence == 2 }
        #expect(try rig.verify().unsigned == 0)
        await log.close()
    }

    @Test func `goes on with the chain when it is opened again`() async throws {
        try await rig.write(2)
        let log = try await rig.open()
        try log.append(rig.record("Again"))
        await log.close()
        #expect(try rig.files().count == 1)
        let report = try rig.verify()
        #expect(report.isWhole && report.records == 7 && report.notes.isEmpty)
        #expect(rig.notices.isEmpty)
    }

    @Test func `takes nothing more once it is closed`() async throws {
        let log = try await rig.begin()
        await log.close()
        #expect(throws: KMSError.self) { try log.checkAccepting() }
        #expect(throws: KMSError.self) { try log.append(rig.record("Late")) }
        await #expect(throws: KMSError.self) { try await log.append(durably: [rig.item("Late")]) }
        await log.close()
    }

    @Test func `belongs to one process at a time`() async throws {
        let log = try await rig.begin()
        await #expect(throws: KMSError.self) { _ = try await rig.open() }
        await log.close()
        try await rig.open().close()
    }

    @Test func `refuses what its queue has no room for, and takes records again later`() async throws {
        let log = try await rig.begin {
            $0.maximumWaitingBytes = 20_000
            $0.syncInterval = .milliseconds(200)
        }
        let large = rig.record("Large", requestParameters: .string(String(repeating: "x", count: 9000)))
        var refusal: KMSError?
        for _ in 0..<100 {
            do { try log.append(large) } catch { refusal = error }
            if refusal != nil { break }
        }
        #expect(refusal?.code == .throttled)
        try await log.append(durably: [rig.item("Waits")])
        try log.append(rig.record("Fits again"))
        await log.close()
        #expect(try rig.verify().isWhole)
    }

    @Test func `has a record for an item of the outbox that is none`() async throws {
        let log = try await rig.begin()
        for body in ["", "{}\n{}", "[]", "{\"a\":1", "{\u{1}}"] {
            try await log.append(
                durably: [OutboxItem(id: .randomUUID(), queue: .audit, body: Array(body.utf8), date: rig.clock.now)])
        }
        await log.close()
        #expect(try rig.events().filter { $0.eventName == "ReadOutboxItem" }.count == 5)
        #expect(try rig.verify().isWhole)
    }

    @Test func `writes an item of the outbox once, however often it comes`() async throws {
        let log = try await rig.begin()
        let item = rig.item("Once")
        try await log.append(durably: [item, item])
        try await log.append(durably: [item])
        await log.close()
        #expect(try rig.events().filter { $0.eventName == "Once" }.count == 1)
    }

    @Test func `finds the items that an earlier process wrote before it ended`() async throws {
        let items = (0..<40).map { rig.item("Item\($0)") }
        let log = try await rig.begin { $0.maximumFileSize = 8192 }
        // What a caller sent looks like another item's id, and is none.
        let decoy = AuditValue.object(("eventID", .string(items[30].id)))
        try log.append(rig.record("Decoy", requestParameters: decoy))
        try await log.append(durably: Array(items.prefix(20)))
        let crashed = try rig.crash()
        await log.close()
        crashed.clock.advance(bySeconds: 60)

        let again = try await crashed.open()
        try await again.append(durably: items)
        await again.close()
        let names = try crashed.events().map(\.eventName).filter { $0.hasPrefix("Item") }
        #expect(names == (0..<40).map { "Item\($0)" })
        #expect(try crashed.verify().isWhole)
    }
}
