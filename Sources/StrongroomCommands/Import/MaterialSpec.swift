import LibCrypto

/// What key material of a key spec is, and the check that some is.
struct MaterialSpec {
    enum Kind: Hashable {
        /// Random bytes: AES-256, HMAC.
        case secret(bytes: Int)
        /// The PKCS#8 of a key pair.
        case pair(PublicKey.Kind)
    }

    /// As AWS KMS has it.
    let name: String
    let kind: Kind

    private static let kinds: [String: Kind] = [
        "SYMMETRIC_DEFAULT": .secret(bytes: 32),
        "HMAC_224": .secret(bytes: 28), "HMAC_256": .secret(bytes: 32),
        "HMAC_384": .secret(bytes: 48), "HMAC_512": .secret(bytes: 64),
        "RSA_2048": .pair(.rsa(bits: 2048)), "RSA_3072": .pair(.rsa(bits: 3072)), "RSA_4096": .pair(.rsa(bits: 4096)),
        "ECC_NIST_P256": .pair(.ec(.p256)), "ECC_NIST_P384": .pair(.ec(.p384)), "ECC_NIST_P521": .pair(.ec(.p521)),
        "ECC_SECG_P256K1": .pair(.ec(.secp256k1)), "ECC_NIST_EDWARDS25519": .pair(.ed25519),
    ]

    init(_ name: String) throws(CommandFailure) {
        guard let kind = Self.kinds[name] else {
            throw CommandFailure(
                "key material for the key spec \(name) cannot be imported",
                hint: "the key specs are \(Self.kinds.keys.sorted().joined(separator: ", "))"
            )
        }
        self.name = name
        self.kind = kind
    }

    /// The key spec of a key pair; nil where AWS KMS has none.
    static func name(of kind: PublicKey.Kind) -> String? {
        kinds.first { $0.value == .pair(kind) }?.key
    }

    var isKeyPair: Bool {
        if case .pair = kind { true } else { false }
    }

    /// The most bytes that the material can have: of PKCS#8 with the public key in it; nil for too many to be
    /// encrypted by any RSA key directly.
    var largestSize: Int? {
        switch kind {
        case .secret(let bytes): bytes
        case .pair(.rsa): nil
        case .pair(.ec(let curve)): 3 * curve.fieldSize + 44
        case .pair(.ed25519): 83
        }
    }

    /// Throws where a secret is not of the right size.
    func check(secretOf count: Int) throws(CommandFailure) {
        guard case .secret(let bytes) = kind else { return }
        guard count == bytes else {
            throw CommandFailure(
                "the key material has \(count) bytes, and \(name) takes exactly \(bytes)",
                hint: "give the raw key and nothing else; for text add --hex or --base64"
            )
        }
    }

    /// Throws where a key pair is of another kind.
    func check(_ found: PublicKey.Kind) throws(CommandFailure) {
        guard kind == .pair(found) else {
            throw CommandFailure(
                "the key material is \(Self.text(found)), and \(name) takes \(text)",
                hint: Self.name(of: found).map { "it would fit a key of spec \($0)" }
            )
        }
    }

    /// In words, for messages.
    var text: String {
        switch kind {
        case .secret(let bytes): "\(bytes) bytes"
        case .pair(let kind): Self.text(kind)
        }
    }

    static func text(_ kind: PublicKey.Kind) -> String {
        switch kind {
        case .rsa(let bits): "an RSA key pair of \(bits) bits"
        case .ec(let curve): "a key pair of the curve \(curve.rawValue)"
        case .ed25519: "an Ed25519 key pair"
        }
    }
}
