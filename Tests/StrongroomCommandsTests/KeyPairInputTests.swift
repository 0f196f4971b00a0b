import FoundationEssentials
import KMSTesting
import LibCrypto
import SecureMemory
import Testing

@testable import StrongroomCommands

/// Files as the openssl command writes them.
@Suite struct `A key pair's file` {
    let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    private func path(_ name: String) -> String { folder.path + "/" + name }

    private func openssl(_ arguments: String...) throws { try Program.run("openssl", arguments: arguments) }

    private func read(_ name: String, passphrase: String? = nil) throws -> PrivateKey {
        try KeyPairInput.read(
            SecretInput.file(path(name), called: "the key file"), PassphraseSource(file: passphrase.map(path)))
    }

    private func expectKey(_ name: String, _ kind: PublicKey.Kind, _ publicDER: String) throws {
        let key = try read(name)
        #expect(key.publicKey.kind == kind)
        let expected = try Data(contentsOf: URL(filePath: path(publicDER)))
        #expect(key.publicKey.subjectPublicKeyInfo == Array(expected), "\(name)")
    }

    @Test func `of RSA is read as PKCS#8 and PKCS#1, in PEM and DER`() throws {
        try openssl("genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", path("p8.pem"))
        try openssl("pkey", "-in", path("p8.pem"), "-pubout", "-outform", "DER", "-out", path("public"))
        try openssl("pkcs8", "-topk8", "-nocrypt", "-in", path("p8.pem"), "-outform", "DER", "-out", path("p8.der"))
        try openssl("rsa", "-in", path("p8.pem"), "-traditional", "-out", path("p1.pem"))
        try openssl("rsa", "-in", path("p8.pem"), "-traditional", "-outform", "DER", "-out", path("p1.der"))
        for name in ["p8.pem", "p8.der", "p1.pem", "p1.der"] { try expectKey(name, .rsa(bits: 2048), "public") }
    }

    @Test(arguments: [
        ("prime256v1", Curve.p256), ("secp384r1", .p384), ("secp521r1", .p521), ("secp256k1", .secp256k1),
    ])
    func `of a curve is read as PKCS#8 and SEC 1, in PEM and DER`(name: String, curve: Curve) throws {
        // With a block of parameters in front, as openssl does it.
        try openssl("ecparam", "-name", name, "-genkey", "-out", path("sec1.pem"))
        try openssl("pkey", "-in", path("sec1.pem"), "-pubout", "-outform", "DER", "-out", path("public"))
        try openssl("ec", "-in", path("sec1.pem"), "-outform", "DER", "-out", path("sec1.der"))
        try openssl("pkcs8", "-topk8", "-nocrypt", "-in", path("sec1.pem"), "-out", path("p8.pem"))
        try openssl("pkcs8", "-topk8", "-nocrypt", "-in", path("sec1.pem"), "-outform", "DER", "-out", path("p8.der"))
        for name in ["sec1.pem", "sec1.der", "p8.pem", "p8.der"] { try expectKey(name, .ec(curve), "public") }
    }

    @Test func `of Ed25519 is read as PKCS#8`() throws {
        try openssl("genpkey", "-algorithm", "ED25519", "-out", path("p8.pem"))
        try openssl("pkey", "-in", path("p8.pem"), "-pubout", "-outform", "DER", "-out", path("public"))
        try openssl("pkcs8", "-topk8", "-nocrypt", "-in", path("p8.pem"), "-outform", "DER", "-out", path("p8.der"))
        for name in ["p8.pem", "p8.der"] { try expectKey(name, .ed25519, "public") }
    }

    @Test(arguments: [["-v2", "aes-256-cbc"], ["-scrypt"], ["-v2", "aes-128-cbc", "-v2prf", "hmacWithSHA512"]])
    func `that is encrypted is opened with its passphrase`(scheme: [String]) throws {
        try folder.write("correct horse battery\n", to: "passphrase")
        try folder.write("wrong horse battery\n", to: "wrong")
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path("passphrase"))
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path("wrong"))
        try openssl("ecparam", "-name", "prime256v1", "-genkey", "-out", path("plain.pem"))
        for form in ["PEM", "DER"] {
            try Program.run(
                "openssl",
                arguments: ["pkcs8", "-topk8", "-in", path("plain.pem"), "-outform", form, "-out", path(form)]
                    + ["-passout", "file:" + path("passphrase")] + scheme)
            #expect(try read(form, passphrase: "passphrase").publicKey == read("plain.pem").publicKey)
            expectFailure(saying: "passphrase") { _ = try readChecked(form, "wrong") }
        }
    }

    private func readChecked(_ name: String, _ passphrase: String) throws(CommandFailure) {
        _ = try KeyPairInput.read(
            SecretInput.file(path(name), called: "the key file"), PassphraseSource(file: path(passphrase)))
    }

    @Test(arguments: [
        "", "x", "0", "-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----\n", "0\u{3}\u{2}\u{1}", "0\u{0}\u{0}",
    ])
    func `that is none is refused`(text: String) throws {
        try folder.write(text, to: "file")
        #expect(throws: CommandFailure.self) { _ = try read("file") }
    }

    @Test func `that holds a public key alone is refused`() throws {
        try openssl("ecparam", "-name", "prime256v1", "-genkey", "-out", path("key.pem"))
        try openssl("pkey", "-in", path("key.pem"), "-pubout", "-out", path("public.pem"))
        expectFailure(saying: "cannot be read", "openssl pkcs8") {
            _ = try KeyPairInput.read(
                SecretInput.file(path("public.pem"), called: "the key file"), PassphraseSource(file: nil))
        }
    }
}
