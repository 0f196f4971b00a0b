import LibCrypto
import SecureMemory

/// Reads a key pair as the world writes it: PEM or DER, PKCS#8, PKCS#1 or SEC 1, PKCS#8 also encrypted.
enum KeyPairInput {
    /// - Parameter passphrase: is asked only for a file that is encrypted.
    static func read(
        _ bytes: borrowing SecretBytes, _ passphrase: PassphraseSource
    ) throws(CommandFailure) -> PrivateKey {
        if let sealed = bytes.withExposedBytes({ encrypted($0) }) {
            let passphrase = try passphrase.read()
            do throws(LibCryptoError) {
                return try sealed.withExposedBytes { (span: RawSpan) throws(LibCryptoError) in
                    let pkcs8 = try Backup.openKeyPair(span, passphrase: passphrase)
                    return try parse(pkcs8)
                }
            } catch {
                throw CommandFailure("the encrypted key pair cannot be read: \(error)")
            }
        }
        do throws(LibCryptoError) {
            return try bytes.withExposedBytes { (span: RawSpan) throws(LibCryptoError) in try plain(span) }
        } catch {
            throw CommandFailure(
                "the key pair cannot be read: \(error)",
                hint: "write it as PKCS#8 with: openssl pkcs8 -topk8 -nocrypt -in FILE -out NEWFILE"
            )
        }
    }

    private static func parse(_ pkcs8: borrowing SecretBytes) throws(LibCryptoError) -> PrivateKey {
        try pkcs8.withExposedBytes { (span: RawSpan) throws(LibCryptoError) in try PrivateKey(pkcs8: span) }
    }

    private static func plain(_ span: RawSpan) throws(LibCryptoError) -> PrivateKey {
        // A DER sequence begins with this byte; text of PEM does not.
        guard span.byteCount > 2, span.byte(at: 0) == 0x30 else { return try PrivateKey(pem: span) }
        guard let label = traditionalLabel(span) else { return try PrivateKey(pkcs8: span) }
        // The reader of PEM knows these forms; it needs their name.
        let text = PEM.secret(label, der: span)
        return try text.withExposedBytes { (span: RawSpan) throws(LibCryptoError) in try PrivateKey(pem: span) }
    }

    /// The PEM label of DER that is not PKCS#8. After the version PKCS#1 has a number, SEC 1 an octet string and
    /// PKCS#8 a sequence.
    private static func traditionalLabel(_ der: RawSpan) -> String? {
        let first = der.byte(at: 1)
        let header = first < 0x80 ? 2 : 2 + Int(first & 0x7f)
        guard der.byteCount > header + 3, der.byte(at: header) == 2, der.byte(at: header + 1) == 1 else { return nil }
        switch der.byte(at: header + 3) {
        case 0x02: return "RSA PRIVATE KEY"
        case 0x04: return "EC PRIVATE KEY"
        default: return nil
        }
    }

    /// The DER of an EncryptedPrivateKeyInfo, which begins with two sequences; nil for anything else.
    private static func encrypted(_ span: RawSpan) -> SecretBytes? {
        if let der = PEM.der("ENCRYPTED PRIVATE KEY", in: span) { return der }
        guard span.byteCount > 2, span.byte(at: 0) == 0x30 else { return nil }
        let first = span.byte(at: 1)
        let header = first < 0x80 ? 2 : 2 + Int(first & 0x7f)
        guard span.byteCount > header, span.byte(at: header) == 0x30 else { return nil }
        return SecretBytes(copying: span)
    }
}
