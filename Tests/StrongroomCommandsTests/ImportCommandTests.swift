import ArgumentParser
import FoundationEssentials
import LibCrypto
import SecureMemory
import Testing

@testable import StrongroomCommands

@Suite struct `The command import-key-material` {
    let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    private func path(_ name: String) -> String { folder.path + "/" + name }

    // MARK: What belongs together

    @Test(
        arguments: [
            (["K"], "no source"), ([], "no key"), (["--generate"], "no key"),
            (["K", "--generate", "--stdin"], "--stdin and --generate"), (["K", "--create", "--generate"], "--create"),
            (["K", "--file", "f", "--pem", "p"], "--file and --pem"),
            (["K", "--generate", "--hex"], "--hex means nothing"),
            (["K", "--stdin", "--hex", "--base64"], "--hex and --base64"),
            (["K", "--file", "f", "--backup", "b"], "--backup means nothing"),
            (["K", "--generate", "--passphrase-file", "p"], "without --backup"),
            (["K", "--generate", "--alias", "a"], "without --create"),
            (["K", "--generate", "--module", "/m"], "--module means nothing"),
            (["K", "--generate", "--out", "o"], "without --step"),
            (["K", "--generate", "--wrapped", "w"], "without --step"),
            (["K", "--generate", "--expires-in", "1d", "--valid-to", "2030-01-01"], "--valid-to"),
            (["K", "--step", "get-parameters"], "--out is missing"),
            (["K", "--step", "get-parameters", "--out", "o", "--generate"], "--generate means nothing"),
            (["K", "--step", "get-parameters", "--out", "o", "--expires-in", "1d"], "--expires-in means nothing"),
            (["--step", "get-parameters", "--out", "o"], "no key"),
            (["K", "--step", "wrap", "--parameters", "p", "--out", "o", "--generate"], "KEY means nothing"),
            (["--step", "wrap", "--parameters", "p", "--out", "o"], "no source"),
            (["--step", "wrap", "--out", "o", "--generate"], "--parameters is missing"),
            (
                ["--step", "wrap", "--parameters", "p", "--out", "o", "--generate", "--state", "s"],
                "--state means nothing"
            ),
            (["--step", "import", "--parameters", "p"], "--wrapped is missing"),
            (["--step", "import", "--parameters", "p", "--wrapped", "w", "--generate"], "--generate means nothing"),
            (["--create", "--key-spec", "SM2", "--generate", "--state", "/none"], "credentials"),
        ] as [([String], String)])
    func `refuses what does not go together, before anything else`(arguments: [String], word: String) async throws {
        let command = try ImportKeyMaterial.parse(arguments)
        let failure = await #expect(throws: (any Error).self) { try await command.run() }
        #expect("\(String(describing: failure))".contains(word))
    }

    // MARK: Offline

    private func wrap(_ side: borrowing WrappingSide, _ arguments: String...) async throws -> [UInt8] {
        if !FileManager.default.fileExists(atPath: path("parameters")) {
            _ = try side.parameters.write(to: path("parameters"))
        }
        let command = try ImportKeyMaterial.parse(
            ["--step", "wrap", "--parameters", path("parameters"), "--out", path("wrapped")] + arguments)
        try await command.run()
        return Array(try Data(contentsOf: URL(filePath: path("wrapped"))))
    }

    @Test(arguments: ["RSAES_OAEP_SHA_256", "RSAES_OAEP_SHA_1", "RSA_AES_KEY_WRAP_SHA_256", "RSA_AES_KEY_WRAP_SHA_1"])
    func `wraps a file's bytes with the parameters alone`(algorithm: String) async throws {
        let side = try WrappingSide("SYMMETRIC_DEFAULT", algorithm)
        let material = SystemRandom.bytes(32).copy
        try Data(material).write(to: URL(filePath: path("key")))
        let wrapped = try await wrap(side, "--file", path("key"))
        #expect(try side.open(wrapped) == material)
        let mode = try FileManager.default.attributesOfItem(atPath: path("wrapped"))[.posixPermissions] as? Int
        #expect(mode == 0o600)
    }

    @Test func `reads hexadecimal and base64, and says when it was not told to`() async throws {
        let side = try WrappingSide("HMAC_384", "RSAES_OAEP_SHA_256")
        let material = SystemRandom.bytes(48).copy
        let hexadecimal = material.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        try folder.write(hexadecimal + "\n", to: "hex")
        try folder.write(Data(material).base64EncodedString(), to: "base64")
        #expect(try side.open(try await wrap(side, "--file", path("hex"), "--hex")) == material)
        try FileManager.default.removeItem(atPath: path("wrapped"))
        #expect(try side.open(try await wrap(side, "--file", path("base64"), "--base64")) == material)
        try FileManager.default.removeItem(atPath: path("wrapped"))
        for encoding in ["hex", "base64"] {
            try await expectFailure(
                of: "--step", "wrap", "--parameters", path("parameters"), "--out", path("wrapped"), "--file",
                path(encoding), saying: ["exactly 48", "--" + encoding])
        }
        #expect(!FileManager.default.fileExists(atPath: path("wrapped")))
    }

    @Test func `wraps a key pair as PKCS#8, whatever its file is`() async throws {
        let side = try WrappingSide("ECC_NIST_P256", "RSAES_OAEP_SHA_256")
        let key = try PrivateKey.generate(.ec(.p256))
        let pkcs8 = key.pkcs8().copy
        try Data(pkcs8).write(to: URL(filePath: path("key.der")))
        try folder.write(PEM.text("PRIVATE KEY", der: pkcs8), to: "key.pem")
        for source in [["--file", path("key.der")], ["--pem", path("key.der")], ["--pem", path("key.pem")]] {
            #expect(try side.open(try await wrap(side, source[0], source[1])) == pkcs8)
            try FileManager.default.removeItem(atPath: path("wrapped"))
        }
    }

    @Test func `refuses material that does not fit, and writes nothing`() async throws {
        let side = try WrappingSide("ECC_NIST_P256", "RSAES_OAEP_SHA_256")
        let key = try PrivateKey.generate(.ec(.secp256k1))
        try folder.write(PEM.text("PRIVATE KEY", der: key.pkcs8().copy), to: "key.pem")
        _ = try side.parameters.write(to: path("parameters"))
        try await expectFailure(
            of: "--step", "wrap", "--parameters", path("parameters"), "--out", path("wrapped"), "--pem",
            path("key.pem"), saying: ["secp256k1", "ECC_SECG_P256K1"])
        #expect(!FileManager.default.fileExists(atPath: path("wrapped")))
    }

    @Test func `overwrites no file`() async throws {
        let side = try WrappingSide("SYMMETRIC_DEFAULT", "RSAES_OAEP_SHA_256")
        _ = try side.parameters.write(to: path("parameters"))
        try folder.write("precious", to: "wrapped")
        try await expectFailure(
            of: "--step", "wrap", "--parameters", path("parameters"), "--out", path("wrapped"), "--generate",
            saying: ["there already"])
        #expect(try String(contentsOf: URL(filePath: path("wrapped")), encoding: .utf8) == "precious")
        #expect(throws: CommandFailure.self) { _ = try side.parameters.write(to: path("parameters")) }
    }

    // MARK: Parameters

    @Test func `writes parameters that it reads again, into a folder with AWS's two files beside`() throws {
        let side = try WrappingSide("SYMMETRIC_DEFAULT", "RSAES_OAEP_SHA_256")
        let file = try side.parameters.write(to: folder.path)
        #expect(file == path("import-parameters.json"))
        #expect(try ImportParameters.read(file) == side.parameters)
        #expect(try ImportParameters.read(folder.path) == side.parameters)
        #expect(try Data(contentsOf: URL(filePath: path("WrappingPublicKey.bin"))) == side.parameters.PublicKey)
        #expect(try Data(contentsOf: URL(filePath: path("ImportToken.bin"))) == side.parameters.ImportToken)
    }

    @Test(arguments: ["", "{}", "[]", "{\"KeyId\": 1}", "\u{0}"])
    func `refuses parameters that are none`(text: String) throws {
        let file = try folder.write(text, to: "parameters")
        expectFailure(saying: file, "--step get-parameters") { _ = try ImportParameters.read(file) }
    }

    @Test func `refuses a wrapping key that is not the one that was asked for`() throws {
        let side = try WrappingSide("SYMMETRIC_DEFAULT", "RSAES_OAEP_SHA_256")
        var parameters = side.parameters
        parameters.WrappingKeySpec = "RSA_4096"
        expectFailure(saying: "not an RSA_4096 key") { _ = try parameters.wrappingKey() }
        parameters.PublicKey = .init(try PrivateKey.generate(.ec(.p256)).publicKey.subjectPublicKeyInfo)
        expectFailure(saying: "not an RSA_4096 key") { _ = try parameters.wrappingKey() }
        parameters.PublicKey = .init([1, 2, 3])
        expectFailure(saying: "cannot be read") { _ = try parameters.wrappingKey() }
    }
}

@Suite struct `A new key's usage` {
    @Test func `is the only one that its spec has, or has to be given`() throws {
        #expect(try CreateKeyInput.usage(nil, of: nil) == nil)
        #expect(try CreateKeyInput.usage(nil, of: "SYMMETRIC_DEFAULT") == "ENCRYPT_DECRYPT")
        #expect(try CreateKeyInput.usage(nil, of: "HMAC_256") == "GENERATE_VERIFY_MAC")
        #expect(try CreateKeyInput.usage(nil, of: "ECC_SECG_P256K1") == "SIGN_VERIFY")
        #expect(try CreateKeyInput.usage("KEY_AGREEMENT", of: "ECC_NIST_P256") == "KEY_AGREEMENT")
        #expect(try CreateKeyInput.usage(nil, of: "SOMETHING_NEW") == nil, "the service knows")
        expectFailure(saying: "--key-usage ENCRYPT_DECRYPT or SIGN_VERIFY") {
            _ = try CreateKeyInput.usage(nil, of: "RSA_2048")
        }
    }

    @Test func `and its tags are NAME=VALUE`() throws {
        #expect(try TagInput.all([]) == nil)
        #expect(try TagInput.all(["a=b=c", "d="])?.map(\.TagValue) == ["b=c", ""])
        expectFailure(saying: "NAME=VALUE") { _ = try TagInput.all(["a"]) }
    }
}
