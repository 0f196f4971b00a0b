import LibCrypto
import SecureMemory

/// How key material is wrapped for the way to the server (AlgorithmSpec of AWS KMS).
struct MaterialWrapping: Hashable {
    let name: String
    let digest: Digest
    /// Whether the RSA key wraps an AES key, and that one the material, so that the material may have any size.
    let isTwoSteps: Bool

    private static let all = [
        MaterialWrapping(name: "RSAES_OAEP_SHA_256", digest: .sha256, isTwoSteps: false),
        MaterialWrapping(name: "RSAES_OAEP_SHA_1", digest: .sha1, isTwoSteps: false),
        MaterialWrapping(name: "RSA_AES_KEY_WRAP_SHA_256", digest: .sha256, isTwoSteps: true),
        MaterialWrapping(name: "RSA_AES_KEY_WRAP_SHA_1", digest: .sha1, isTwoSteps: true),
    ]

    private init(name: String, digest: Digest, isTwoSteps: Bool) {
        self.name = name
        self.digest = digest
        self.isTwoSteps = isTwoSteps
    }

    init(named name: String) throws(CommandFailure) {
        guard let found = Self.all.first(where: { $0.name == name }) else {
            throw CommandFailure(
                "\(name) is not a wrapping algorithm",
                hint: "the algorithms are \(Self.all.map(\.name).joined(separator: ", "))"
            )
        }
        self = found
    }

    /// AWS's recommendation: OAEP with SHA-256 where the material fits under the RSA key, two steps elsewhere. A key
    /// pair that leaves a token is always wrapped in two steps: tokens wrap no private key with RSA.
    static func recommended(
        for spec: MaterialSpec, under key: WrappingKeySpec, fromToken: Bool
    ) -> MaterialWrapping {
        let fits = spec.largestSize.map { $0 <= all[0].room(under: key) } ?? false
        return fits && !(fromToken && spec.isKeyPair) ? all[0] : all[2]
    }

    /// The same way with SHA-1, for a token that does no better; OAEP does not rest on the hash's collisions.
    var withSHA1: MaterialWrapping {
        Self.all.first { $0.isTwoSteps == isTwoSteps && $0.digest == .sha1 } ?? self
    }

    /// How many bytes the RSA key encrypts at the most (RFC 8017, section 7.1.1).
    private func room(under key: WrappingKeySpec) -> Int {
        key.bits / 8 - 2 * digest.size - 2
    }

    /// Throws where material of `spec` is too large to be wrapped so.
    func check(_ spec: MaterialSpec, under key: WrappingKeySpec) throws(CommandFailure) {
        guard isTwoSteps || spec.largestSize.map({ $0 <= room(under: key) }) == true else {
            let way = digest == .sha1 ? "RSA_AES_KEY_WRAP_SHA_1" : "RSA_AES_KEY_WRAP_SHA_256"
            throw CommandFailure(
                "material of \(spec.name) is too large for \(name) under \(key.rawValue)",
                hint: "use --algorithm \(way)"
            )
        }
    }

    func wrap(_ material: borrowing SecretBytes, under key: PublicKey) throws(CommandFailure) -> [UInt8] {
        do throws(LibCryptoError) {
            guard isTwoSteps else { return try key.encryptOAEP(material, digest) }
            let ephemeral = SystemRandom.bytes(32)
            return try key.encryptOAEP(ephemeral, digest) + Self.wrap(material, with: ephemeral)
        } catch {
            throw CommandFailure("the key material could not be wrapped: \(error)")
        }
    }

    private static func wrap(
        _ material: borrowing SecretBytes, with key: borrowing SecretBytes
    ) throws(LibCryptoError) -> [UInt8] {
        try withBytes(of: material, key) { (material: RawSpan, key: RawSpan) throws(LibCryptoError) in
            try AESKeyWrapPadded.wrap(material, with: key)
        }
    }

    private static func withBytes(
        of first: borrowing SecretBytes, _ second: borrowing SecretBytes,
        _ body: (RawSpan, RawSpan) throws(LibCryptoError) -> [UInt8]
    ) throws(LibCryptoError) -> [UInt8] {
        try first.withExposedBytes { (first: RawSpan) throws(LibCryptoError) in
            try second.withExposedBytes { (second: RawSpan) throws(LibCryptoError) in try body(first, second) }
        }
    }
}

/// The RSA key that the server makes for an import.
enum WrappingKeySpec: String, CaseIterable, Codable {
    case rsa2048 = "RSA_2048"
    case rsa3072 = "RSA_3072"
    case rsa4096 = "RSA_4096"

    init(named name: String) throws(CommandFailure) {
        guard let found = Self(rawValue: name) else {
            throw CommandFailure(
                "\(name) is not a wrapping key spec",
                hint: "the specs are \(Self.allCases.map(\.rawValue).joined(separator: ", "))"
            )
        }
        self = found
    }

    var bits: Int {
        switch self {
        case .rsa2048: 2048
        case .rsa3072: 3072
        case .rsa4096: 4096
        }
    }
}
