import Foundation
import KMSTesting
import LibCrypto
import SecureMemory

/// What many tests begin with.
enum Samples {
    /// One kind of each that is served, with the smallest RSA modulus: larger ones take seconds to make.
    static let kinds: [PublicKey.Kind] = [
        .rsa(bits: 2048), .ec(.p256), .ec(.p384), .ec(.p521), .ec(.secp256k1), .ed25519,
    ]

    /// The schemes that a key of this kind signs with.
    static func schemes(of kind: PublicKey.Kind) -> [SignatureScheme] {
        switch kind {
        case .rsa: Digest.allCases.map { .rsaPSS($0) } + Digest.allCases.map { .rsaPKCS1($0) }
        case .ec: Digest.allCases.map { .ecdsa($0) }
        case .ed25519: [.ed25519]
        }
    }

    /// What is signed for a message: its digest, or the message itself.
    static func input(_ message: [UInt8], _ scheme: SignatureScheme) -> [UInt8] {
        switch scheme {
        case .rsaPSS(let digest), .rsaPKCS1(let digest), .ecdsa(let digest): digest.hash(message)
        case .ed25519: message
        }
    }

    /// Arguments of `openssl genpkey` for a kind.
    static func generation(of kind: PublicKey.Kind) -> [String] {
        switch kind {
        case .rsa(let bits): ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:\(bits)"]
        case .ec(.p256): ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"]
        case .ec(.p384): ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384"]
        case .ec(.p521): ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-521"]
        case .ec(.secp256k1): ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:secp256k1"]
        case .ed25519: ["-algorithm", "ED25519"]
        }
    }
}

/// A folder for the files that the `openssl` command reads and writes; gone with the value.
final class Workspace {
    private let folder: URL

    init() throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "libcrypto-tests-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    deinit {
        try? FileManager.default.removeItem(at: folder)
    }

    func path(_ name: String) -> String {
        folder.appending(path: name).path
    }

    func bytes(_ name: String) throws -> [UInt8] {
        [UInt8](try Data(contentsOf: folder.appending(path: name)))
    }

    func write(_ bytes: [UInt8], _ name: String) throws {
        try Data(bytes).write(to: folder.appending(path: name))
    }

    func openssl(_ arguments: String...) throws {
        try Program.run("openssl", arguments: arguments)
    }

    func openssl(arguments: [String]) throws {
        try Program.run("openssl", arguments: arguments)
    }
}

extension SecretBytes {
    /// A copy in the clear: the secrets of these tests are nobody's.
    var copy: [UInt8] {
        withExposedBytes { (bytes: RawSpan) in unsafe bytes.withUnsafeBytes { unsafe [UInt8]($0) } }
    }
}

extension PrivateKey {
    /// A key of this kind for a test that minds nothing but that: a new one, but for RSA, where it is a fixed one, as
    /// they take long to make. Two numbers are two keys.
    static func sample(_ kind: PublicKey.Kind, _ number: Int = 0) throws -> PrivateKey {
        if case .rsa(let bits) = kind { return try FixedRSAKeys.key(bits: bits, number) }
        return try generate(kind)
    }

    static func parsed(pkcs8 bytes: [UInt8]) throws(LibCryptoError) -> PrivateKey {
        // Unsafe in general for the padding of larger elements; bytes have none.
        try unsafe PrivateKey(pkcs8: bytes.span.bytes)
    }

    static func parsed(pem bytes: [UInt8]) throws(LibCryptoError) -> PrivateKey {
        try unsafe PrivateKey(pem: bytes.span.bytes)
    }

    static func parsed(curve: Curve, scalar: [UInt8]) throws(LibCryptoError) -> PrivateKey {
        try unsafe PrivateKey(curve: curve, scalar: scalar.span.bytes)
    }

    static func parsed(ed25519Seed seed: [UInt8]) throws(LibCryptoError) -> PrivateKey {
        try unsafe PrivateKey(ed25519Seed: seed.span.bytes)
    }
}

/// Makes and reads the few DER values that the tests need (ITU-T X.690).
enum DER {
    static func value(_ tag: UInt8, _ content: [UInt8]) -> [UInt8] {
        let size = content.count
        if size < 128 { return [tag, UInt8(size)] + content }
        if size < 256 { return [tag, 0x81, UInt8(size)] + content }
        return [tag, 0x82, UInt8(size >> 8), UInt8(size & 0xff)] + content
    }

    /// The contents of the values that stand in `bytes` one after the other.
    static func contents(_ bytes: [UInt8]) -> [[UInt8]] {
        var contents: [[UInt8]] = []
        var at = 0
        while at + 2 <= bytes.count {
            var size = Int(bytes[at + 1])
            at += 2
            if size & 0x80 != 0 {
                let digits = size & 0x7f
                size = bytes[at..<(at + digits)].reduce(0) { $0 << 8 | Int($1) }
                at += digits
            }
            contents.append(Array(bytes[at..<(at + size)]))
            at += size
        }
        return contents
    }
}
