import FoundationEssentials
import Glibc
import HSMWorkerProtocol
import KMSTesting
import Testing

@Suite struct `What is remembered of logins` {
    /// A folder with a PIN file, and settings for it.
    private final class Desk {
        let folder = "/tmp/strongroom-ledger-\(UUID())"
        var settings: WorkerSettings

        init(_ source: PINSource? = nil) throws {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            settings = WorkerSettings(
                modulePath: "/module.so", tokenURI: "pkcs11:token=t", pinSource: source ?? .file(folder + "/pin"),
                profile: HSMProfile(), startLockPath: folder + "/token.lock")
            try writePIN("1234")
        }

        deinit { try? FileManager.default.removeItem(atPath: folder) }

        func writePIN(_ pin: String) throws {
            try Data(pin.utf8).write(to: URL(filePath: folder + "/pin"), options: .atomic)
        }

        /// As the next process finds it.
        var ledger: LoginLedger {
            get throws { try #require(LoginLedger(settings)) }
        }
    }

    @Test func `a refused PIN is not tried again before it is another`() throws {
        let desk = try Desk()
        let ledger = try desk.ledger
        try ledger.begin()
        ledger.end(isAccepted: false)
        #expect(try desk.ledger.standing == .refused)
        let objection = try #require(try desk.ledger.objection)
        #expect(objection.contains(desk.folder + "/pin") && objection.contains(ledger.path), "\(objection)")
        #expect(throws: LoginRefusal.self) { try desk.ledger.begin() }
        try desk.writePIN("5678")
        #expect(try desk.ledger.standing == .new)
        try desk.ledger.begin()
    }

    @Test func `of attempts that ended without an answer there are two, and no third`() throws {
        let desk = try Desk()
        try desk.ledger.begin()
        #expect(try desk.ledger.standing == .unfinished(1))
        try desk.ledger.begin()
        #expect(try desk.ledger.standing == .unfinished(2))
        #expect(throws: LoginRefusal.self) { try desk.ledger.begin() }
    }

    @Test func `a PIN that was right may be tried as often as need be, until it is refused`() throws {
        let desk = try Desk()
        try desk.ledger.begin()
        try desk.ledger.end(isAccepted: true)
        for _ in 0..<10 { try desk.ledger.begin() }
        #expect(try desk.ledger.standing == .accepted)
        try desk.ledger.end(isAccepted: false)
        #expect(throws: LoginRefusal.self) { try desk.ledger.begin() }
    }

    @Test(
        arguments: [.command(["/bin/cat", "/x"]), .credential("pin"), .descriptor(7), .environment("PIN")]
            as [PINSource])
    func `of a source whose change cannot be seen the refusal stands until the file is removed`(
        source: PINSource
    ) throws {
        let desk = try Desk(source)
        try desk.ledger.begin()
        try desk.ledger.end(isAccepted: false)
        try desk.writePIN("another")
        let objection = try #require(try desk.ledger.objection)
        #expect(try objection.contains("remove \(desk.ledger.path)"), "\(objection)")
        try FileManager.default.removeItem(atPath: desk.ledger.path)
        try desk.ledger.begin()
    }

    @Test func `each token has a file of its own`() throws {
        let desk = try Desk()
        try desk.ledger.begin()
        try desk.ledger.end(isAccepted: false)
        desk.settings.tokenURI = "pkcs11:token=other"
        try desk.ledger.begin()
    }

    @Test func `where nothing can be written no new PIN is tried, and one that was right is`() throws {
        // Nobody, root neither, can make a file in there.
        let desk = try Desk()
        try desk.ledger.begin()
        try desk.ledger.end(isAccepted: true)
        let path = try desk.ledger.path
        try FileManager.default.createDirectory(atPath: path + ".new", withIntermediateDirectories: true)
        try desk.ledger.begin()
        try desk.writePIN("5678")
        let refusal = #expect(throws: LoginRefusal.self) { try desk.ledger.begin() }
        #expect(refusal?.isLasting == false)
    }

    @Test func `the file holds nothing of the PIN`() throws {
        let desk = try Desk()
        try desk.writePIN("verysecret")
        try desk.ledger.begin()
        let text = String(decoding: try Data(contentsOf: URL(filePath: desk.ledger.path)), as: UTF8.self)
        #expect(!text.contains("verysecret"))
        var status = stat()
        #expect(try unsafe stat(desk.ledger.path, &status) == 0 && status.st_mode & 0o777 == 0o600)
    }
}
