import FoundationEssentials
import HSMWorkerProtocol
import Testing

@testable import StrongroomCommands

@Suite struct `An HSM profile` {
    /// The profiles that come with the project.
    static let shipped = ((try? FileManager.default.contentsOfDirectory(atPath: folderPath)) ?? [])
        .filter { $0.hasSuffix(".yaml") }.sorted()
    private static let folderPath = projectFolder.appending(path: "hsm-config").path

    let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    private func load(_ text: String) throws -> HSMProfile {
        try ProfileFile.load(folder.write(text, to: "profile.yaml"))
    }

    // MARK: Those that come with the project

    @Test func `for each known HSM comes with the project`() {
        #expect(Set(Self.shipped).isSuperset(of: ["softhsm2.yaml", "generic.yaml", "cloudhsm.yaml", "luna.yaml"]))
    }

    @Test(arguments: shipped)
    func `that comes with the project is complete and makes sense`(name: String) throws {
        let path = Self.folderPath + "/" + name
        let profile = try ProfileFile.load(path)
        #expect(profile.name + ".yaml" == name)
        #expect(!profile.description.isEmpty)
        #expect(!profile.module.isEmpty)
        #expect(profile.module.allSatisfy { $0.hasPrefix("/") }, "a module is never looked for in a search path")
        #expect(!profile.decryptFailureCodes.isEmpty)
        #expect(!profile.zeroIV || profile.gcmIV == .writtenBack, "zeros as an IV that is used would be a disaster")
        #expect(profile.sessionLimit.map { $0 > profile.lanes * profile.workers } ?? true)
        let text = String(decoding: try Data(contentsOf: URL(filePath: path)), as: UTF8.self)
        for field in HSMProfile.fieldNames {
            #expect(text.contains("\n\(field):"), "README promises that every field is there")
        }
    }

    @Test func `of SoftHSM keeps everything inside of the state folder`() throws {
        let profile = try ProfileFile.load(Self.folderPath + "/softhsm2.yaml")
        #expect(profile.initializeToken)
        #expect(profile.decryptFailureCodes.contains(0x5), "what SoftHSM 2.6.1 returns for a wrong tag")
        let environment = ProfileFile.environment(profile, folder.state)
        #expect(environment["SOFTHSM2_CONF"] == folder.path + "/softhsm2.conf")
        let configuration = ProfileFile.expand(try #require(profile.files["softhsm2.conf"]), folder.state)
        #expect(configuration.contains("directories.tokendir = \(folder.path)/tokens\n"))
        #expect(!configuration.contains("${"), "nothing is left to be filled in")
    }

    @Test func `is explained field by field in the README`() throws {
        let readme = String(
            decoding: try Data(contentsOf: URL(filePath: Self.folderPath + "/README.md")), as: UTF8.self
        )
        for field in HSMProfile.fieldNames {
            #expect(readme.contains("| `\(field)` |"), "\(field)")
        }
    }

    // MARK: Reading one

    @Test func `has numbers in either notation`() throws {
        let profile = try load("name: x\ndecryptFailureCodes: [0x5, 64, 0x80000001]")
        #expect(profile.decryptFailureCodes == [5, 64, 0x8000_0001])
    }

    @Test func `with a misspelled field is refused by that field's name`() {
        expectFailure(saying: "gcmIv", "gcmIV") { _ = try load("name: x\ngcmIv: appended") }
        expectFailure(saying: "colour, flavour", "sessionCopies") {
            _ = try load("name: x\ncolour: red\nlanes: 3\nflavour: sweet")
        }
    }

    @Test(arguments: [
        "gcmIV: sometimes", "lanes: many", "lanes: [1]", "module: /one.so", "initializeToken: perhaps", "files: [a]",
        "decryptFailureCodes: [-1]",
    ])
    func `with a value of another kind is refused by that field's name`(line: String) {
        let field = String(line.prefix { $0 != ":" })
        expectFailure(saying: folder.path + "/profile.yaml", field, "hsm-config/README.md") {
            _ = try load("name: x\n" + line)
        }
    }

    @Test(arguments: ["", "lanes: 1", "[]", "name", "name: [", "\u{0}"])
    func `that is none is refused with the file's name`(text: String) {
        expectFailure(saying: folder.path + "/profile.yaml") { _ = try load(text) }
    }

    @Test func `that is not there is refused with a hint at those that are`() {
        expectFailure(saying: folder.path + "/none.yaml", "hsm-config/") {
            _ = try ProfileFile.load(folder.path + "/none.yaml")
        }
    }

    @Test(arguments: [
        "workers: 0", "workers: 65", "workers: -1", "lanes: 0", "lanes: 257", "callTimeout: 0", "callTimeout: -5",
        "keyGenerationTimeout: 0", "callTimeout: .nan",
    ])
    func `beyond what can work is refused`(line: String) {
        expectFailure(saying: folder.path + "/profile.yaml") { _ = try load("name: x\n" + line) }
    }

    @Test(arguments: ["/etc/passwd", "../outside", "a/../../outside", "..", "a/.."])
    func `that would write outside of the state folder is refused`(name: String) {
        expectFailure(saying: "files", "state directory") { _ = try load("name: x\nfiles: {\"\(name)\": text}") }
    }

    @Test(arguments: ["inside.conf", "a..b", "..hidden"])
    func `may write files into the state folder`(name: String) throws {
        #expect(try load("name: x\nfiles: {\"\(name)\": text}").files == [name: "text"])
    }

    // MARK: What the worker gets

    @Test func `names the state folder wherever it wants to`() {
        #expect(
            ProfileFile.expand("${STATE}/a:${STATE}/b $STATE {STATE}", StateDirectory("/s"))
                == "/s/a:/s/b $STATE {STATE}"
        )
    }

    @Test func `is all that the worker's environment comes from, but for PATH, LANG and systemd's credentials`() {
        var profile = HSMProfile()
        profile.environment = ["A": "${STATE}/x", "LANG": "de_DE"]
        let environment = ProfileFile.environment(profile, StateDirectory("/s"))
        #expect(environment["A"] == "/s/x")
        #expect(environment["LANG"] == "de_DE", "the profile has the last word")
        #expect(Set(environment.keys).isSubset(of: ["A", "PATH", "LANG", "CREDENTIALS_DIRECTORY"]))
        #expect(environment["HOME"] == nil)
    }
}
