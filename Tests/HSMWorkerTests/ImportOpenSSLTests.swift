import Foundation
import HSMWorkerProtocol
import KMSCore
import KMSTesting
import Testing

@testable import HSMClient

/// With the commands of AWS KMS's documentation ("Encrypt your key material with OpenSSL").
@Suite(.serialized) struct `Key material wrapped by OpenSSL's command` {
    private static let scene = SharedScene(.rsa3072) { $0.settings.profile.callTimeout = 60 }

    @Test(arguments: KnownMaterial.kinds)
    func `is imported, and is the same key`(kind: KnownMaterial.Kind) async throws {
        let (rig, wrappingKey) = try await Self.scene.made
        let material = try await OpenSSLFiles.material(kind.spec)
        let known = try KnownMaterial(material, kind.spec, kind.usage)
        for algorithm in KnownMaterial.algorithms where !kind.isRSA || algorithm.hasPrefix("RSA_AES") {
            let wrapped = try await OpenSSLFiles.wrap(material, algorithm, under: wrappingKey.publicKey)
            let id = ObjectID.random()
            let imported = try await rig.client.importKey(
                wrappingKey.material(wrapped, algorithm), of: kind.spec, for: kind.usage, id: id, expecting: nil)
            #expect(imported.key.publicKey == known.key.publicKey)
            let key = MaterialReference(object: id, checkValue: imported.key.checkValue)
            try await known.expectSame(as: key, in: rig.client)
            let again = try await OpenSSLFiles.wrap(material, algorithm, under: wrappingKey.publicKey)
            #expect(
                try await rig.client.identify(
                    wrappingKey.material(again, algorithm), of: kind.spec, for: kind.usage, among: [key]) == 0)
        }
    }
}

/// What the `openssl` program makes, through files of its own.
enum OpenSSLFiles {
    static func material(_ spec: KeySpec) async throws -> [UInt8] {
        switch spec {
        case .symmetricDefault, .hmac256: try await random(32)
        case .hmac224: try await random(28)
        case .hmac384: try await random(48)
        case .hmac512: try await random(64)
        case .rsa2048: try await pkcs8(["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"])
        case .rsa3072: try await pkcs8(["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:3072"])
        case .rsa4096: try await pkcs8(["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:4096"])
        case .p256: try await pkcs8(["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"])
        case .p384: try await pkcs8(["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384"])
        case .p521: try await pkcs8(["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-521"])
        case .secp256k1: try await pkcs8(["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:secp256k1"])
        default: try await pkcs8(["-algorithm", "ED25519"])
        }
    }

    private static func random(_ count: Int) async throws -> [UInt8] {
        try await inFolder { folder in
            try Program.run("openssl", "rand", "-out", "\(folder)/out", "\(count)")
            return try bytes("\(folder)/out")
        }
    }

    static func pkcs8(_ arguments: [String]) async throws -> [UInt8] {
        try await inFolder { folder in
            try Program.run("openssl", arguments: ["genpkey", "-out", "\(folder)/key.pem"] + arguments)
            try Program.run(
                "openssl", "pkcs8", "-topk8", "-nocrypt", "-in", "\(folder)/key.pem", "-outform", "DER", "-out",
                "\(folder)/out"
            )
            return try bytes("\(folder)/out")
        }
    }

    static func wrap(_ material: [UInt8], _ algorithm: String, under publicKey: [UInt8]) async throws -> [UInt8] {
        try await inFolder { folder in
            let digest = algorithm.hasSuffix("SHA_1") ? "sha1" : "sha256"
            try Data(publicKey).write(to: URL(filePath: "\(folder)/WrappingPublicKey.bin"))
            try Data(material).write(to: URL(filePath: "\(folder)/PlaintextKeyMaterial.bin"))
            guard algorithm.hasPrefix("RSA_AES") else {
                return try encrypt("PlaintextKeyMaterial.bin", digest, folder)
            }
            try Program.run("openssl", "rand", "-out", "\(folder)/aes-key.bin", "32")
            let hexadecimal = try bytes("\(folder)/aes-key.bin").map { byte in
                String(byte >> 4, radix: 16) + String(byte & 15, radix: 16)
            }
            try Program.run(
                "openssl", "enc", "-id-aes256-wrap-pad", "-K", hexadecimal.joined(), "-iv", "A65959A6", "-in",
                "\(folder)/PlaintextKeyMaterial.bin", "-out", "\(folder)/key-material-wrapped.bin"
            )
            return try encrypt("aes-key.bin", digest, folder) + bytes("\(folder)/key-material-wrapped.bin")
        }
    }

    private static func encrypt(_ file: String, _ digest: String, _ folder: String) throws -> [UInt8] {
        try Program.run(
            "openssl", "pkeyutl", "-encrypt", "-in", "\(folder)/\(file)", "-out", "\(folder)/encrypted.bin", "-inkey",
            "\(folder)/WrappingPublicKey.bin", "-keyform", "DER", "-pubin", "-pkeyopt", "rsa_padding_mode:oaep",
            "-pkeyopt", "rsa_oaep_md:\(digest)", "-pkeyopt", "rsa_mgf1_md:\(digest)"
        )
        return try bytes("\(folder)/encrypted.bin")
    }

    private static func bytes(_ path: String) throws -> [UInt8] {
        Array(try Data(contentsOf: URL(filePath: path)))
    }

    private static func inFolder(_ body: @escaping @Sendable (String) throws -> [UInt8]) async throws -> [UInt8] {
        try await Program.offPool {
            let folder = FileManager.default.temporaryDirectory.appending(path: "strongroom-openssl-\(UUID())").path
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            defer { try? FileManager.default.removeItem(atPath: folder) }
            return try body(folder)
        }
    }
}
