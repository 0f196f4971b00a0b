import FoundationEssentials
import Glibc
import Testing

@testable import StrongroomCommands

@Suite struct `A state directory` {
    let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    private func mode(_ path: String) throws -> Int {
        let attributes = try FileManager.default.attributesOfItem(atPath: path)
        return try #require(attributes[.posixPermissions] as? Int)
    }

    @Test func `is made for its owner alone, with all folders above it`() throws {
        let state = StateDirectory(folder.path + "/a/b")
        #expect(try state.create(), "it was not there before")
        #expect(try mode(state.path) == 0o700)
    }

    @Test func `that is there and empty is taken`() throws {
        #expect(try !folder.state.create())
    }

    @Test func `with anything in it is left alone`() throws {
        try folder.write("x", to: "something")
        expectFailure(saying: "not empty") { _ = try folder.state.create() }
        try folder.write("x", to: "strongroom.yaml")
        expectFailure(saying: "initialised already", "strongroom serve --state \(folder.path)") {
            _ = try folder.state.create()
        }
    }

    @Test func `has files that only their owner reads, and overwrites none`() throws {
        let file = folder.path + "/secret"
        try folder.state.write("first", to: file)
        #expect(try mode(file) == 0o600)
        expectFailure(saying: file) { try folder.state.write("second", to: file) }
        #expect(FileManager.default.contents(atPath: file) == Data("first".utf8))
    }

    @Test func `is where relative paths count from`() {
        #expect(StateDirectory("/s").resolve("pin") == "/s/pin")
        #expect(StateDirectory("/s").resolve("/etc/pin") == "/etc/pin")
        #expect(StateDirectory("relative").path == FileManager.default.currentDirectoryPath + "/relative")
    }

    @Test func `belongs to one server at a time`() throws {
        let lock = try ServerLock(folder.state)
        #expect(try mode(folder.state.lock) == 0o600)
        // What a second server waits for in vain.
        let other = unsafe open(folder.state.lock, O_RDWR | O_CLOEXEC)
        defer { close(other) }
        #expect(flock(other, LOCK_EX | LOCK_NB) != 0)
        close(lock.descriptor)
        #expect(flock(other, LOCK_EX | LOCK_NB) == 0)
    }
}
