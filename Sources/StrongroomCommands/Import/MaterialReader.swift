import LibCrypto
import SecureMemory

/// Brings key material into this process's locked memory, in the form that is imported: the raw bytes of a secret, the
/// PKCS#8 of a key pair.
struct MaterialReader {
    let source: MaterialSource
    let passphrase: PassphraseSource

    /// Throws for what can be seen to fail before anything is done.
    func prepare() throws(CommandFailure) {
        if case .generated(let backup?) = source { try NewFile.check(backup) }
    }

    /// Material that fits `spec`: its size and kind are checked. Not for material in a token, which never comes here.
    func read(for spec: MaterialSpec) throws(CommandFailure) -> SecretBytes {
        switch source {
        case .file(let path, let encoding):
            return try check(SecretInput.file(path, called: "the key file"), encoding, spec)
        case .standardInput(let encoding):
            return try check(SecretInput.standardInput(), encoding, spec)
        case .pem(let path):
            guard spec.isKeyPair else {
                throw CommandFailure(
                    "--pem is for key pairs, and \(spec.name) takes \(spec.text)", hint: "give --file or --stdin"
                )
            }
            return try keyPair(SecretInput.file(path, called: "the key file"), spec)
        case .backup(let path):
            return try restore(SecretInput.file(path, called: "the backup"), spec)
        case .generated(let backup):
            return try generate(spec, backup)
        case .token:
            throw CommandFailure("key material in a token is not read")
        }
    }

    private func check(
        _ text: consuming SecretBytes, _ encoding: SecretEncoding, _ spec: MaterialSpec
    ) throws(CommandFailure) -> SecretBytes {
        let bytes = try encoding.decode(text)
        guard case .secret(let size) = spec.kind else { return try keyPair(bytes, spec) }
        if encoding == .raw, bytes.count != size {
            switch SecretEncoding.guess(bytes) {
            case .raw: break
            case .hexadecimal: throw Self.undecoded(bytes.count, spec, "hexadecimal: add --hex")
            case .base64: throw Self.undecoded(bytes.count, spec, "base64: add --base64")
            }
        }
        try spec.check(secretOf: bytes.count)
        return bytes
    }

    private static func undecoded(_ count: Int, _ spec: MaterialSpec, _ hint: String) -> CommandFailure {
        CommandFailure(
            "the key material has \(count) bytes, and \(spec.name) takes exactly \(spec.text)",
            hint: "it may be \(hint)")
    }

    private func keyPair(
        _ bytes: borrowing SecretBytes, _ spec: MaterialSpec
    ) throws(CommandFailure) -> SecretBytes {
        let key = try KeyPairInput.read(bytes, passphrase)
        try spec.check(key.publicKey.kind)
        return key.pkcs8()
    }

    private func restore(
        _ file: borrowing SecretBytes, _ spec: MaterialSpec
    ) throws(CommandFailure) -> SecretBytes {
        guard !spec.isKeyPair else { return try keyPair(file, spec) }
        let passphrase = try passphrase.read()
        let secret: SecretBytes
        do throws(LibCryptoError) {
            secret = try file.withExposedBytes { (span: RawSpan) throws(LibCryptoError) in
                try Backup.openSecret(span, passphrase: passphrase)
            }
        } catch {
            throw CommandFailure("the backup cannot be read: \(error)")
        }
        try spec.check(secretOf: secret.count)
        return secret
    }

    private func generate(_ spec: MaterialSpec, _ backup: String?) throws(CommandFailure) -> SecretBytes {
        let material: SecretBytes
        switch spec.kind {
        case .secret(let size): material = SystemRandom.bytes(size)
        case .pair(let kind):
            do throws(LibCryptoError) {
                material = try PrivateKey.generate(kind).pkcs8()
            } catch {
                throw CommandFailure("no key pair could be made: \(error)")
            }
        }
        // On the disk before anything is imported: material that is in use has its backup.
        if let backup { try save(material, spec, to: backup) }
        return material
    }

    private func save(
        _ material: borrowing SecretBytes, _ spec: MaterialSpec, to path: String
    ) throws(CommandFailure) {
        let passphrase = try passphrase.readNew()
        let sealed: [UInt8]
        do throws(LibCryptoError) {
            sealed = try material.withExposedBytes { (span: RawSpan) throws(LibCryptoError) in
                spec.isKeyPair
                    ? try Backup.seal(keyPair: span, passphrase: passphrase)
                    : try Backup.seal(secret: span, name: spec.name, passphrase: passphrase)
            }
        } catch {
            throw CommandFailure("the backup could not be encrypted: \(error)")
        }
        let file = spec.isKeyPair ? Array(PEM.text("ENCRYPTED PRIVATE KEY", der: sealed).utf8) : sealed
        try NewFile.write(file, to: path)
    }
}
