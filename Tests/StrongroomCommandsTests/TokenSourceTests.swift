import HSMClient
import HSMWorkerProtocol
import Testing

@testable import StrongroomCommands

@Suite struct `A key in another token` {
    private func source(
        _ uri: String, module: String? = "/usr/lib/module.so", pinFile: String? = "/etc/pin"
    ) throws(CommandFailure) -> TokenSource {
        try TokenSource(uri, module: module, pinFile: pinFile)
    }

    @Test func `is named by a PKCS#11 URI, a module and a PIN file`() throws {
        let found = try source("pkcs11:token=old;object=payroll")
        #expect(found.uri == "pkcs11:token=old;object=payroll")
        #expect(found.module == "/usr/lib/module.so")
        #expect(found.pin == .file("/etc/pin"))
    }

    @Test func `may have module and PIN source in its URI`() throws {
        let found = try source(
            "pkcs11:token=old;id=%01?module-path=/usr/lib/a%20b.so&pin-source=file:/etc/old%2Epin", module: nil,
            pinFile: nil)
        #expect(found.uri == "pkcs11:token=old;id=%01")
        #expect(found.module == "/usr/lib/a b.so")
        #expect(found.pin == .file("/etc/old.pin"))
        #expect(
            try source("pkcs11:token=old;object=a?pin-source=%7C/usr/bin/askpin%20old", pinFile: nil).pin
                == .command(["/usr/bin/askpin", "old"]))
        #expect(try source("pkcs11:token=old;object=a?pin-source=/a&module-path=/b").pin == .file("/etc/pin"))
    }

    @Test func `is refused with the PIN in the open`() {
        expectFailure(saying: "everybody on this machine", "--pin-file") {
            _ = try source("pkcs11:token=old;object=a?pin-value=1234")
        }
    }

    @Test(arguments: [
        "old", "pkcs11", "http://x", "pkcs11:token=a?b", "pkcs11:token=a?pin-source=%zz",
        "pkcs11:token=a?pin-source=%4",
        "pkcs11:token=a?colour=red",
    ])
    func `is refused with a URI that is none`(uri: String) {
        #expect(throws: CommandFailure.self) { _ = try source(uri) }
    }

    @Test func `is refused without a module or a PIN`() {
        expectFailure(saying: "--module") { _ = try source("pkcs11:token=a;object=b", module: nil) }
        expectFailure(saying: "absolute") { _ = try source("pkcs11:token=a;object=b", module: "module.so") }
        expectFailure(saying: "--pin-file") { _ = try source("pkcs11:token=a;object=b", pinFile: nil) }
    }

    private func exported(_ objectClass: String, _ type: String, _ bits: Int?, curve: String? = nil) -> ExportedKey {
        ExportedKey(
            wrapped: [], objectClass: objectClass, keyType: type, sizeInBits: bits, curve: curve, label: "payroll",
            token: "old", mechanisms: [])
    }

    @Test func `is checked to be what the key takes, as far as its token tells`() throws {
        let symmetric = try MaterialSpec("SYMMETRIC_DEFAULT")
        try exported("secret-key", "AES", 256).check(symmetric)
        try exported("secret-key", "AES", nil).check(symmetric)
        expectFailure(saying: "128 bits") { try exported("secret-key", "AES", 128).check(symmetric) }
        expectFailure(saying: "private") { try exported("private", "RSA", 256).check(symmetric) }
        try exported("private", "RSA", 2048).check(MaterialSpec("RSA_2048"))
        expectFailure(saying: "3072 bits") {
            try exported("private", "RSA", 3072).check(MaterialSpec("RSA_2048"))
        }
        try exported("private", "EC", 256, curve: "p256").check(MaterialSpec("ECC_NIST_P256"))
        expectFailure(saying: "secp256k1") {
            try exported("private", "EC", 256, curve: "secp256k1").check(MaterialSpec("ECC_NIST_P256"))
        }
        expectFailure(saying: "EC") { try exported("private", "EC", 255).check(MaterialSpec("RSA_2048")) }
    }
}
