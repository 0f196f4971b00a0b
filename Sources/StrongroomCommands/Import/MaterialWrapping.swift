import LibCrypto
import SecureMemory

// How key material is wrapped for the way to the server, as the command chooses it (AlgorithmSpec of AWS KMS).
extension WrappingAlgorithm {
    init(named name: String) throws(CommandFailure) {
        guard let found = Self.named(name) else {
            throw CommandFailure(
                "\(name) is not a wrapping algorithm",
                hint: "the algorithms are \(Self.all.map(\.name).joined(separator: ", "))"
            )
        }
        self = found
    }

    /// AWS's recommendation: OAEP with SHA-256 where the material fits under the RSA key, with an AES key between
    /// elsewhere. A key pair that leaves a token always has that: tokens wrap no private key with RSA.
    static func recommended(
        for spec: MaterialSpec, under key: WrappingKeySpec, fromToken: Bool
    ) -> WrappingAlgorithm {
        let direct = WrappingAlgorithm.oaepSHA256
        let fits = spec.largestSize.map { $0 <= direct.room(under: key) } ?? false
        return fits && !(fromToken && spec.isKeyPair) ? direct : .aesKeyWrapSHA256
    }

    /// The same way with SHA-1, for a token that does no better; OAEP does not rest on the hash's collisions.
    var withSHA1: WrappingAlgorithm { hasAESKey ? .aesKeyWrapSHA1 : .oaepSHA1 }

    /// How many bytes the RSA key encrypts at the most (RFC 8017, section 7.1.1).
    private func room(under key: WrappingKeySpec) -> Int {
        key.bits / 8 - 2 * hash.size - 2
    }

    /// Throws where material of `spec` is too large to be wrapped so.
    func check(_ spec: MaterialSpec, under key: WrappingKeySpec) throws(CommandFailure) {
        guard hasAESKey || spec.largestSize.map({ $0 <= room(under: key) }) == true else {
            let way: WrappingAlgorithm = hash == .sha1 ? .aesKeyWrapSHA1 : .aesKeyWrapSHA256
            throw CommandFailure(
                "material of \(spec.name) is too large for \(name) under \(key.rawValue)",
                hint: "use --algorithm \(way.name)"
            )
        }
    }

    func wrapMaterial(_ material: borrowing SecretBytes, under key: PublicKey) throws(CommandFailure) -> [UInt8] {
        do throws(LibCryptoError) {
            return try wrap(material, under: key)
        } catch {
            throw CommandFailure("the key material could not be wrapped: \(error)")
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
