import KMSTesting
import LibCrypto
import SecureMemory
import Testing

@testable import StrongroomCommands

@Suite struct `Key material` {
    private func generated(_ spec: MaterialSpec) throws -> SecretBytes {
        try MaterialReader(source: .generated(backup: nil), passphrase: PassphraseSource(file: nil)).read(for: spec)
    }

    /// The same without the time that it takes to make an RSA key.
    private func material(_ spec: MaterialSpec) throws -> SecretBytes {
        guard case .pair(.rsa(let bits)) = spec.kind else { return try generated(spec) }
        return SecretBytes(copying: try #require(FixedRSAKeys.pkcs8(bits: bits, bits == 2048 ? 1 : 0)))
    }

    @Test(
        arguments: importableSpecs,
        ["RSAES_OAEP_SHA_256", "RSAES_OAEP_SHA_1", "RSA_AES_KEY_WRAP_SHA_256", "RSA_AES_KEY_WRAP_SHA_1"])
    func `that was wrapped is what the holder of the wrapping key unwraps`(name: String, algorithm: String) throws {
        let spec = try MaterialSpec(name)
        let wrapping = try WrappingAlgorithm(named: algorithm)
        let material = try material(spec)
        let side = try WrappingSide(name, algorithm, bits: 2048)
        do {
            try wrapping.check(spec, under: .rsa2048)
        } catch {
            #expect(name == "ECC_NIST_P521" || name.hasPrefix("RSA"), "\(error)")
            #expect(error.hint?.contains("RSA_AES_KEY_WRAP") == true)
            #expect(throws: CommandFailure.self) { _ = try wrapping.wrapMaterial(material, under: side.key.publicKey) }
            return
        }
        let wrapped = try wrapping.wrapMaterial(material, under: side.parameters.wrappingKey())
        #expect(try side.open(wrapped) == material.copy)
    }

    @Test(arguments: WrappingKeySpec.allCases, importableSpecs)
    func `has a recommended wrapping that has room for it`(key: WrappingKeySpec, name: String) throws {
        let spec = try MaterialSpec(name)
        for fromToken in [false, true] {
            let wrapping = WrappingAlgorithm.recommended(for: spec, under: key, fromToken: fromToken)
            try wrapping.check(spec, under: key)
            #expect(wrapping.hash == .sha256)
            #expect(wrapping.withSHA1.hash == .sha1)
            #expect(wrapping.withSHA1.hasAESKey == wrapping.hasAESKey)
            if !spec.isKeyPair { #expect(wrapping.name == "RSAES_OAEP_SHA_256") }
            if fromToken, spec.isKeyPair { #expect(wrapping.hasAESKey) }
        }
    }

    @Test(arguments: importableSpecs)
    func `that is generated is of its key's spec and never the same`(name: String) throws {
        let spec = try MaterialSpec(name)
        let first = try generated(spec)
        let second = try generated(spec)
        #expect(first.copy != second.copy)
        switch spec.kind {
        case .secret(let bytes): #expect(first.count == bytes)
        case .pair(let kind):
            let key = try first.withExposedBytes { try PrivateKey(pkcs8: $0) }
            #expect(key.publicKey.kind == kind)
            if let largest = spec.largestSize { #expect(first.count <= largest) }
        }
    }

    @Test func `of a key spec that takes no import is refused`() {
        expectFailure(saying: "SM2", "HMAC_256") { _ = try MaterialSpec("SM2") }
        expectFailure(saying: "ML_DSA_44") { _ = try MaterialSpec("ML_DSA_44") }
    }

    @Test func `of another size or kind is refused, with what would fit`() throws {
        let symmetric = try MaterialSpec("SYMMETRIC_DEFAULT")
        for size in [0, 1, 16, 31, 33, 64] {
            expectFailure(saying: "\(size) bytes", "exactly 32") { try symmetric.check(secretOf: size) }
        }
        let p256 = try MaterialSpec("ECC_NIST_P256")
        expectFailure(saying: "p384", "p256", "a key of spec ECC_NIST_P384") { try p256.check(.ec(.p384)) }
        expectFailure(saying: "RSA key pair of 2048 bits", "RSA_2048") { try p256.check(.rsa(bits: 2048)) }
        let rsa = try MaterialSpec("RSA_3072")
        expectFailure(saying: "2048 bits", "3072 bits") { try rsa.check(.rsa(bits: 2048)) }
    }

    @Test func `is wrapped only by names that are known`() {
        expectFailure(saying: "RSAES_PKCS1_V1_5", "RSAES_OAEP_SHA_256") {
            _ = try WrappingAlgorithm(named: "RSAES_PKCS1_V1_5")
        }
        expectFailure(saying: "RSA_1024", "RSA_4096") { _ = try WrappingKeySpec(named: "RSA_1024") }
    }
}
