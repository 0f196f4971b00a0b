import FoundationEssentials
import KMSTesting
import LibCrypto
import SecureMemory
import Testing

@testable import StrongroomCommands

@Suite struct `A backup of key material` {
    let folder: TemporaryFolder
    let passphrase: String

    init() throws {
        folder = try TemporaryFolder()
        passphrase = try folder.write("correct horse battery\nsecond line\n", to: "passphrase")
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: passphrase)
    }

    private var path: String { folder.path + "/backup" }

    private func reader(_ source: MaterialSource) -> MaterialReader {
        MaterialReader(source: source, passphrase: PassphraseSource(file: passphrase))
    }

    @Test(arguments: importableSpecs)
    func `gives the material back that was imported`(name: String) throws {
        let spec = try MaterialSpec(name)
        let material = try reader(.generated(backup: path)).read(for: spec)
        #expect(try reader(.backup(path)).read(for: spec).copy == material.copy)
        let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
        #expect(mode == 0o600)
        let content = try Data(contentsOf: URL(filePath: path))
        #expect(content.firstRange(of: Data(material.copy.suffix(24))) == nil, "it is not in the clear")
    }

    @Test func `of a secret is opened by openssl, as the guide has it`() throws {
        let material = try reader(.generated(backup: path)).read(for: MaterialSpec("SYMMETRIC_DEFAULT"))
        let text = try Program.run(
            "sh", "-c",
            "openssl pkcs12 -in '\(path)' -passin 'file:\(passphrase)' -info 2>/dev/null | tail -n 1 | tr -d ' '")
        let hexadecimal = material.copy.map { ($0 < 16 ? "0" : "") + String($0, radix: 16, uppercase: true) }.joined()
        #expect(text == hexadecimal + "\n")
    }

    @Test func `of a key pair is opened by openssl`() throws {
        let material = try reader(.generated(backup: path)).read(for: MaterialSpec("ECC_NIST_P384"))
        let text = try Program.run(
            "openssl", "pkcs8", "-in", path, "-passin", "file:" + passphrase, "-outform", "PEM")
        let found = try PrivateKey(pem: unsafe Array(text.utf8).span.bytes)
        #expect(found.pkcs8().copy == material.copy)
    }

    @Test(arguments: ["SYMMETRIC_DEFAULT", "ECC_NIST_P256"])
    func `is opened by no other passphrase`(name: String) throws {
        let spec = try MaterialSpec(name)
        _ = try reader(.generated(backup: path)).read(for: spec)
        try Data("correct horse batterz\n".utf8).write(to: URL(filePath: passphrase))
        expectFailure(saying: "passphrase") { () throws(CommandFailure) in _ = try reader(.backup(path)).read(for: spec)
        }
    }

    @Test func `of a secret that was changed anywhere is refused`() throws {
        let spec = try MaterialSpec("SYMMETRIC_DEFAULT")
        let material = try reader(.generated(backup: path)).read(for: spec)
        let content = Array(try Data(contentsOf: URL(filePath: path)))
        // Each opening takes a quarter of a second on purpose.
        for index in stride(from: 0, to: content.count, by: content.count / 24) {
            var changed = content
            changed[index] ^= 1
            try Data(changed).write(to: URL(filePath: path))
            let opened = try? reader(.backup(path)).read(for: spec).copy
            #expect(opened == nil || opened == material.copy, "byte \(index)")
        }
    }

    /// A secret bag whose value is said to be a certificate: another structure in memory than a secret.
    private static let confused = """
        MIIBFQIBAzCBxAYJKoZIhvcNAQcBoIG2BIGzMIGwMIGtBgkqhkiG9w0BBwaggZ8wgZwCAQAwgZYGCSqGSIb3DQEHATBXBgkq
        hkiG9w0BBQ0wSjApBgkqhkiG9w0BBQwwHAQItdBpsKGOM5QCAggAMAwGCCqGSIb3DQIJBQAwHQYJYIZIAWUDBAEqBBASeQ7s
        sZsCo9Fmhjc024oTgDD5u6HqHofNNWLiGwhEaSJa4YCoamhITpZYzBugzwNaiyES5g4xdTe0VPNyT/Oqfa8wSTAxMA0GCWCG
        SAFlAwQCAQUABCBG/SmPXiLCyYvyWksma9khQFnsNAx5qdNo0mBKv43ouwQQW0TTYZGdBj5AUqwEN2nQOwICCAA=
        """

    @Test func `that lies about what is in it is refused`() throws {
        let file = try #require(Data(base64Encoded: Self.confused, options: .ignoreUnknownCharacters))
        try file.write(to: URL(filePath: path))
        expectFailure(saying: "no backup of such key material") { () throws(CommandFailure) in
            _ = try reader(.backup(path)).read(for: MaterialSpec("SYMMETRIC_DEFAULT"))
        }
    }

    @Test func `is never written over another file, and the passphrase is a good one in a private file`() throws {
        try folder.write("something", to: "backup")
        expectFailure(saying: path, "there already") { () throws(CommandFailure) in
            try reader(.generated(backup: path)).prepare()
        }
        try FileManager.default.removeItem(atPath: path)
        try Data("short\n".utf8).write(to: URL(filePath: passphrase))
        expectFailure(saying: "fewer than 12") { () throws(CommandFailure) in
            _ = try reader(.generated(backup: path)).read(for: MaterialSpec("HMAC_256"))
        }
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: passphrase)
        expectFailure(saying: "chmod 600") { () throws(CommandFailure) in
            _ = try reader(.generated(backup: path)).read(for: MaterialSpec("HMAC_256"))
        }
        #expect(!FileManager.default.fileExists(atPath: path))
    }
}
