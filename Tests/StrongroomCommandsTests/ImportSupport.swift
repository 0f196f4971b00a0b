import ArgumentParser
import FoundationEssentials
import KMSTesting
import LibCrypto
import SecureMemory
import Testing

@testable import StrongroomCommands

extension SecretBytes {
    /// In the open, as a test may have it.
    var copy: [UInt8] {
        withExposedBytes { unsafe $0.withUnsafeBytes { unsafe Array($0) } }
    }

    init(_ text: String) {
        self.init(copying: Array(text.utf8))
    }
}

/// The command with these arguments, as the command line makes it.
func importCommand(_ arguments: String...) throws -> ImportKeyMaterial {
    try ImportKeyMaterial.parse(arguments)
}

/// What a run of the command fails with.
func expectFailure(
    of arguments: String..., saying words: [String], sourceLocation: SourceLocation = #_sourceLocation
) async throws {
    let command = try ImportKeyMaterial.parse(arguments)
    let failure = await #expect(throws: CommandFailure.self, sourceLocation: sourceLocation) { try await command.run() }
    expectFailure(saying: words, failure, sourceLocation)
}

private func expectFailure(saying words: [String], _ failure: CommandFailure?, _ sourceLocation: SourceLocation) {
    let text = [failure?.message, failure?.hint].compactMap(\.self).joined(separator: "\n")
    for word in words {
        #expect(text.contains(word), "the text is: \(text)", sourceLocation: sourceLocation)
    }
}

/// Key specs, and how to make their material.
let importableSpecs = [
    "SYMMETRIC_DEFAULT", "HMAC_224", "HMAC_256", "HMAC_384", "HMAC_512", "RSA_2048", "RSA_3072", "ECC_NIST_P256",
    "ECC_NIST_P384", "ECC_NIST_P521", "ECC_SECG_P256K1", "ECC_NIST_EDWARDS25519",
]

/// A wrapping key as the server's token has it, and the parameters with its public half.
struct WrappingSide: ~Copyable {
    let key: PrivateKey
    let parameters: ImportParameters

    init(_ spec: String, _ algorithm: String, bits: Int = 2048) throws {
        key = try FixedRSAKeys.key(bits: bits)
        parameters = ImportParameters(
            KeyId: "arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab", KeySpec: spec,
            KeyUsage: nil, WrappingAlgorithm: algorithm, WrappingKeySpec: "RSA_\(bits)",
            PublicKey: .init(key.publicKey.subjectPublicKeyInfo), ImportToken: .init([1, 2, 3]),
            ParametersValidTo: .init(timeIntervalSince1970: 4_000_000_000)
        )
    }

    /// What ImportKeyMaterial would find in it.
    func open(_ wrapped: [UInt8]) throws -> [UInt8]? {
        let wrapping = try WrappingAlgorithm(named: parameters.WrappingAlgorithm)
        let modulus = key.publicKey.rsaModulus?.count ?? 0
        guard wrapping.hasAESKey else { return try key.decryptOAEP(wrapped, wrapping.hash).copy }
        let ephemeral = try key.decryptOAEP(Array(wrapped.prefix(modulus)), wrapping.hash).copy
        let rest = Array(wrapped.dropFirst(modulus))
        return unsafe AESKeyWrapPadded.unwrap(rest.span.bytes, with: ephemeral.span.bytes)?.copy
    }
}
