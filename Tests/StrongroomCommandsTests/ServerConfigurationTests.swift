import HSMWorkerProtocol
import KMSCore
import Testing

@testable import StrongroomCommands

@Suite struct `strongroom.yaml` {
    let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    private static let sample = ServerConfiguration(
        account: "011122223333", regions: ["us-east-1", "eu-central-1"], listen: "127.0.0.1:8470", tls: nil,
        hsm: ServerConfiguration.HSM(
            module: "/usr/lib/softhsm/libsofthsm2.so", token: "pkcs11:token=strongroom;serial=0123",
            pin: ServerConfiguration.PIN(file: "pin")
        )
    )

    private func load(_ text: String) throws(CommandFailure) -> ServerConfiguration {
        do {
            try folder.write(text, to: "strongroom.yaml")
        } catch {
            throw CommandFailure("\(error)")
        }
        return try ServerConfiguration.load(folder.state)
    }

    /// A whole file, with one part of it replaced.
    private func file(replacing old: String, by new: String) throws -> String {
        let text = Self.sample.yaml
        try #require(text.contains(old))
        return text.replacing(old, with: new)
    }

    private func expectSame(_ a: ServerConfiguration, _ b: ServerConfiguration) {
        #expect(a.account == b.account)
        #expect(a.regions == b.regions)
        #expect(a.listen == b.listen)
        #expect(a.tls?.certificate == b.tls?.certificate)
        #expect(a.tls?.key == b.tls?.key)
        #expect(a.hsm.module == b.hsm.module)
        #expect(a.hsm.token == b.hsm.token)
        #expect(a.hsm.pin.file == b.hsm.pin.file)
        #expect(a.hsm.pin.credential == b.hsm.pin.credential)
        #expect(a.hsm.pin.command == b.hsm.pin.command)
    }

    // MARK: Round trips

    @Test func `is read as it was written`() throws {
        expectSame(try load(Self.sample.yaml), Self.sample)
    }

    @Test(arguments: [
        "/mnt/it's here/module.so", "'", "''", "/with space", "/with: colon #and comment", "/ünï/çode", "/back\\slash",
        "/{curly},[square]", "/\"double\"", "-dash", "*star", "&and", "!bang", "%percent", "true", "null", "1e3",
    ])
    func `is read as it was written, whatever letters a path has`(path: String) throws {
        var configuration = Self.sample
        configuration.hsm.module = path
        configuration.hsm.token = "pkcs11:token=\(path)"
        configuration.hsm.pin.file = path
        configuration.tls = ServerConfiguration.TLS(certificate: path, key: path)
        expectSame(try load(configuration.yaml), configuration)
    }

    @Test(arguments: ["[::1]:8470", "0.0.0.0:0", "kms.example.com:443"])
    func `is read as it was written, whatever it listens on`(listen: String) throws {
        var configuration = Self.sample
        configuration.listen = listen
        expectSame(try load(configuration.yaml), configuration)
    }

    @Test func `is read as it was written, with every PIN source`() throws {
        let sources = [
            ServerConfiguration.PIN(file: "/etc/kms.pin"), ServerConfiguration.PIN(credential: "kms-pin"),
            ServerConfiguration.PIN(command: ["/bin/cat", "/etc/it's, a [pin]"]),
        ]
        for source in sources {
            var configuration = Self.sample
            configuration.hsm.pin = source
            expectSame(try load(configuration.yaml), configuration)
        }
    }

    @Test func `explains itself`() {
        #expect(Self.sample.yaml.contains("# "), "whoever edits it finds comments in it")
        #expect(Self.sample.yaml.split(separator: "\n").allSatisfy { $0.count <= 120 })
    }

    // MARK: Accounts and Regions

    @Test func `has an account and Regions`() throws {
        let (account, regions) = try Self.sample.scopes()
        #expect(account.description == "011122223333", "a leading zero is kept")
        #expect(regions.map(\.description).sorted() == ["eu-central-1", "us-east-1"])
    }

    @Test func `takes an account without quotes, as far as YAML keeps its digits`() throws {
        #expect(try load(file(replacing: "\"011122223333\"", by: "011122223333")).account == "011122223333")
    }

    @Test(arguments: ["1111", "1111222233334", "11112222333a", ""])
    func `with another account is refused, and the error says how to write one`(account: String) throws {
        let text = try file(replacing: "011122223333", by: account)
        expectFailure(saying: "account \(account)", "111122223333") { _ = try load(text) }
    }

    @Test(arguments: ["Frankfurt", "eu-central", "EU-CENTRAL-1", "us-east-1a"])
    func `with an unknown Region is refused by its name`(region: String) throws {
        let text = try file(replacing: "eu-central-1", by: region)
        expectFailure(saying: region, "eu-central-1") { _ = try load(text) }
    }

    @Test(arguments: [
        ("regions:", "regionz: [x]\nregions:", "regionz"), ("hsm:", "hsm:\n  tokken: x", "hsm.tokken"),
        ("{file: 'pin'}", "{file: 'pin', fil: x}", "hsm.pin.fil"),
    ])
    func `with a field that means nothing is refused by its name`(old: String, new: String, name: String) throws {
        let error = #expect(throws: CommandFailure.self) { try load(file(replacing: old, by: new)) }
        #expect(error?.message.contains(name) == true)
    }

    @Test func `with a PIN command of no words is refused`() {
        #expect(throws: CommandFailure.self) { try load(file(replacing: "{file: 'pin'}", by: "{command: []}")) }
    }

    @Test func `without a Region is refused`() throws {
        let text = try file(replacing: "[us-east-1, eu-central-1]", by: "[]")
        expectFailure(saying: "no Region") { _ = try load(text) }
    }

    // MARK: PIN sources

    @Test func `names one PIN source; relative files count from the state folder`() throws {
        var configuration = Self.sample
        #expect(try configuration.pinSource(in: folder.state) == .file(folder.path + "/pin"))
        configuration.hsm.pin = ServerConfiguration.PIN(file: "/etc/kms.pin")
        #expect(try configuration.pinSource(in: folder.state) == .file("/etc/kms.pin"))
        configuration.hsm.pin = ServerConfiguration.PIN(credential: "kms-pin")
        #expect(try configuration.pinSource(in: folder.state) == .credential("kms-pin"))
        configuration.hsm.pin = ServerConfiguration.PIN(command: ["/bin/pin", "-v"])
        #expect(try configuration.pinSource(in: folder.state) == .command(["/bin/pin", "-v"]))
    }

    @Test(arguments: [
        "{}", "{file: pin, credential: kms}", "{file: pin, command: [/bin/pin]}",
        "{credential: a, command: [/bin/pin]}", "{file: a, credential: b, command: [/bin/c]}", "{environment: PIN}",
    ])
    func `with no PIN source or several is refused`(pin: String) throws {
        let text = try file(replacing: "{file: 'pin'}", by: pin)
        expectFailure(saying: "pin", "file:", "credential:", "command:") { _ = try load(text) }
    }

    // MARK: Files that are wrong

    @Test(arguments: ["account", "regions", "listen", "hsm"])
    func `without a field is refused by that field's name`(field: String) throws {
        let text = try file(replacing: "\n\(field):", by: "\nother:")
        expectFailure(saying: field) { _ = try load(text) }
    }

    @Test func `without a field of hsm is refused by that field's name`() throws {
        let text = try file(replacing: "  module:", by: "  modul:")
        expectFailure(saying: "hsm.module is missing") { _ = try load(text) }
    }

    @Test func `that is no YAML is refused with the line where it stops being any`() {
        expectFailure(saying: "line 4") { _ = try load("account: \"111122223333\"\nlisten: x\nregions: [\n") }
    }

    @Test(arguments: ["", "[]", "account: [", "\t", "just text", "regions: {a: b}", "\u{0}"])
    func `that is none is refused with the file's name`(text: String) {
        expectFailure(saying: folder.path + "/strongroom.yaml") { _ = try load(text) }
    }

    @Test func `that is not there is refused with the command that makes one`() {
        expectFailure(saying: "strongroom init --state \(folder.path)") {
            _ = try ServerConfiguration.load(folder.state)
        }
    }
}
