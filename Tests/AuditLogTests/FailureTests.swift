import AuditLog
import Foundation
import Glibc
import KMSCore
import KMSTesting
import Testing

@Suite(.timeLimit(.minutes(2))) struct `When the disk fails` {
    @Test(.enabled(if: SmallDisk.isPossible, "only root may mount a small disk"))
    func `work is refused until records can be written again, and none is lost`() async throws {
        let disk = try #require(SmallDisk(kilobytes: 256))
        let rig = try Rig(in: disk.path + "/audit")
        let log = try await rig.begin()
        try await log.append(durably: [rig.item("Before")])
        disk.fill()
        var taken = 0
        while (try? log.checkAccepting()) != nil {
            if (try? log.append(rig.record("Taken\(taken)"))) != nil { taken += 1 }
            try await Task.sleep(for: .milliseconds(1))
        }
        let error = #expect(throws: KMSError.self) { try log.checkAccepting() }
        #expect(error?.code == .internalFailure)
        #expect(error?.cause?.contains("No space left on device") == true)
        #expect(throws: KMSError.self) { try log.append(rig.record("Refused")) }
        guard case .cannotWrite(let cause) = try #require(rig.notices.first) else {
            Issue.record("\(rig.notices)")
            return
        }
        #expect(cause.contains(rig.path))

        try disk.empty()
        try await rig.eventually { (try? log.checkAccepting()) != nil }
        try await log.append(durably: [rig.item("After")])
        await log.close()
        let names = try rig.events().map(\.eventName)
        #expect(names.filter { $0.hasPrefix("Taken") } == (0..<taken).map { "Taken\($0)" })
        #expect(names.contains("After") && !names.contains("Refused"))
        #expect(rig.notices.last == .writesAgain)
        #expect(try rig.verify().isWhole)
    }

    @Test(.enabled(if: SmallDisk.isPossible, "only root may mount a small disk"))
    func `work goes on where settings say so, and the log tells how much it lost`() async throws {
        let disk = try #require(SmallDisk(kilobytes: 256))
        let rig = try Rig(in: disk.path + "/audit")
        let log = try await rig.begin {
            $0.onFailure = .continue
            $0.maximumWaitingRecords = 10
        }
        try await log.append(durably: [rig.item("Before")])
        disk.fill()
        var given = 0
        while rig.notices.isEmpty {
            try log.append(rig.record("Given\(given)"))
            given += 1
            try await Task.sleep(for: .milliseconds(1))
        }
        for _ in 0..<50 {
            try log.checkAccepting()
            try log.append(rig.record("Given\(given)"))
            given += 1
        }
        try disk.empty()
        try await rig.eventually { rig.notices.contains(.writesAgain) }
        await log.close()
        let names = try rig.events().map(\.eventName)
        let kept = names.filter { $0.hasPrefix("Given") }.count
        #expect(names.contains("LoseRecords"))
        #expect(kept >= 10 && kept < given)
        let told = rig.notices.compactMap { if case .lost(let records) = $0 { records } else { nil } }
        #expect(told.reduce(0, +) == given - kept)
        #expect(try rig.verify().isWhole)
    }

    @Test(.enabled(if: SmallDisk.isPossible, "only root may mount a small disk"))
    func `a durable item waits until it is written`() async throws {
        let disk = try #require(SmallDisk(kilobytes: 256))
        let rig = try Rig(in: disk.path + "/audit")
        let log = try await rig.begin()
        disk.fill()
        let item = rig.item("Waits")
        let large = rig.record("Large", requestParameters: .string(String(repeating: "x", count: 8192)))
        try? log.append(large)
        let waiting = Task { try await log.append(durably: [item]) }
        try await rig.eventually { !rig.notices.isEmpty }
        try disk.empty()
        try await waiting.value
        #expect(try rig.events().map(\.eventName).contains("Waits"))
        await log.close()
    }

    @Test(.enabled(if: SmallDisk.isPossible, "only root may mount a small disk"))
    func `a log that cannot be written is not opened`() async throws {
        let disk = try #require(SmallDisk(kilobytes: 64))
        let rig = try Rig(in: disk.path + "/audit")
        try await rig.write(1)
        disk.fill()
        rig.clock.advance(byDays: 1)
        let error = await #expect(throws: KMSError.self) { _ = try await rig.open() }
        #expect(error?.cause?.contains("No space left on device") == true, "\(error?.cause ?? "")")
        try disk.empty()
        try await rig.open().close()
        #expect(try rig.verify().isWhole)
    }

    @Test func `a head that cannot be put in its place stops the work, too`() async throws {
        let rig = try Rig()
        let log = try await rig.begin()
        try await log.append(durably: [rig.item("A")])
        try await rig.eventually { try rig.verify().unsigned == 0 }
        // A folder where the new head is to be written.
        let place = rig.folder.file(LogFolder.head + ".new")
        try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
        try await log.append(durably: [rig.item("B")])
        try await rig.eventually { (try? log.checkAccepting()) == nil }
        try FileManager.default.removeItem(atPath: place)
        try await rig.eventually { (try? log.checkAccepting()) != nil }
        await log.close()
        #expect(try rig.verify().unsigned == 0)
    }
}

@Suite(.timeLimit(.minutes(2))) struct `When the signer is away` {
    let rig: Rig

    init() throws {
        rig = try Rig()
    }

    @Test func `records are written all the same, and signed for when it is back`() async throws {
        let log = try await rig.begin()
        rig.signer.set(away: true)
        for number in 0..<20 {
            rig.clock.advance(bySeconds: 3600)
            try await log.append(durably: [rig.item("Call\(number)")])
        }
        try await rig.eventually { rig.notices == [.cannotSign(cause: "The token is away.")] }
        try log.checkAccepting()
        #expect(try rig.verify().unsigned > 0)
        rig.signer.set(away: false)
        try await rig.eventually { try rig.verify().unsigned == 0 }
        await log.close()
        #expect(rig.notices.last == .signsAgain)
        let report = try rig.verify()
        #expect(report.isWhole && report.digests > 1)
    }

    @Test func `work is refused when it has been away for too long`() async throws {
        let log = try await rig.begin { $0.maximumUnsignedTime = .milliseconds(50) }
        rig.signer.set(away: true)
        try await log.append(durably: [rig.item("A")])
        try await rig.eventually { (try? log.checkAccepting()) == nil }
        let error = #expect(throws: KMSError.self) { try log.append(rig.record("Refused")) }
        #expect(error?.message.contains("signed") == true)
        rig.signer.set(away: false)
        try await rig.eventually { (try? log.checkAccepting()) != nil }
        await log.close()
        #expect(try rig.verify().unsigned == 0)
    }

    @Test func `a log ends without the last signatures`() async throws {
        let log = try await rig.begin { $0.closingTime = .milliseconds(50) }
        try await log.append(durably: [rig.item("A")])
        try await rig.eventually { try rig.verify().unsigned == 0 }
        rig.signer.set(away: true)
        try await log.append(durably: [rig.item("B")])
        await log.close()
        #expect(try rig.verify().unsigned == 2, "B and the last record")
        rig.signer.set(away: false)
        try await rig.open().close()
        #expect(try rig.verify().unsigned == 0)
    }

    @Test func `a new log is not begun`() async throws {
        rig.signer.set(away: true)
        await #expect(throws: KMSError.self) { _ = try await rig.begin() }
        rig.signer.set(away: false)
        try await rig.open().close()
        #expect(try rig.verify().isWhole)
    }
}
