internal import CLibCrypto
package import SecureMemory

/// Encrypted backup files of key material, in standard formats that the openssl command opens.
///
/// A key pair becomes a PKCS#8 EncryptedPrivateKeyInfo (RFC 5958) with scrypt and AES-256-CBC. A secret key, for which
/// PKCS#8 has no form, becomes the secret bag of a PKCS#12 file (RFC 7292) with PBKDF2-HMAC-SHA-256 and AES-256-CBC.
package enum Backup {
    /// Beyond any key material: the PKCS#8 of RSA_4096 has 2.4 KB.
    private static let maximumSize = 16_384

    /// DER EncryptedPrivateKeyInfo of a DER PrivateKeyInfo.
    package static func seal(
        keyPair pkcs8: RawSpan, passphrase: borrowing SecretBytes
    ) throws(LibCryptoError) -> [UInt8] {
        let result = try unsafe run(pkcs8, passphrase, unsafe libcrypto_backup_seal_key_pair)
        return result.withExposedBytes { unsafe $0.withUnsafeBytes { unsafe Array($0) } }
    }

    /// DER PrivateKeyInfo out of a DER EncryptedPrivateKeyInfo, whichever program made it.
    package static func openKeyPair(
        _ file: RawSpan, passphrase: borrowing SecretBytes
    ) throws(LibCryptoError) -> SecretBytes {
        try unsafe run(file, passphrase, unsafe libcrypto_backup_open_key_pair)
    }

    /// A DER PKCS#12 file with a secret of this name.
    package static func seal(
        secret: RawSpan, name: String, passphrase: borrowing SecretBytes
    ) throws(LibCryptoError) -> [UInt8] {
        let result = try unsafe run(secret, passphrase) { input, size, passphrase, output, outputSize in
            unsafe libcrypto_backup_seal_secret(input, size, name, passphrase, output, outputSize)
        }
        return result.withExposedBytes { unsafe $0.withUnsafeBytes { unsafe Array($0) } }
    }

    /// The secret of such a file.
    package static func openSecret(
        _ file: RawSpan, passphrase: borrowing SecretBytes
    ) throws(LibCryptoError) -> SecretBytes {
        try unsafe run(file, passphrase, unsafe libcrypto_backup_open_secret)
    }

    private typealias Function = (
        UnsafePointer<UInt8>?, Int, UnsafePointer<CChar>?, UnsafeMutablePointer<UInt8>?, UnsafeMutablePointer<Int>?
    ) -> Int32

    private static func run(
        _ input: RawSpan, _ passphrase: borrowing SecretBytes, _ function: Function
    ) throws(LibCryptoError) -> SecretBytes {
        let output = SecureBuffer(capacity: maximumSize)
        var status = Int32(libcrypto_backup_failed)
        // As C has it, with a zero byte behind.
        let text = passphrase.withExposedBytes { (bytes: RawSpan) in
            SecretBytes(count: bytes.byteCount + 1) { (copy: inout MutableRawSpan) in copy.copyBytes(from: bytes) }
        }
        text.withExposedBytes { (text: RawSpan) in
            output.appendWithin { (room: inout MutableRawSpan) in
                unsafe call(function, input, text, &room, &status)
            }
        }
        switch Int(status) {
        case libcrypto_backup_ok:
            return output.withExposedBytes { SecretBytes(copying: $0) }
        case libcrypto_backup_unreadable:
            throw LibCryptoError("the passphrase is not the file's, or the file was changed")
        case libcrypto_backup_other_content:
            throw LibCryptoError("the file is no backup of such key material")
        default:
            throw LibCryptoError("the key material could not be encrypted or decrypted")
        }
    }

    /// Answers how many bytes were written.
    private static func call(
        _ function: Function, _ input: RawSpan, _ text: RawSpan, _ room: inout MutableRawSpan, _ status: inout Int32
    ) -> Int {
        var size = room.byteCount
        unsafe room.withUnsafeMutableBytes { output in
            unsafe input.withUnsafeBytes { input in
                unsafe text.withUnsafeBytes { text in
                    status = unsafe function(
                        input.baseAddress?.assumingMemoryBound(to: UInt8.self), input.count,
                        text.baseAddress?.assumingMemoryBound(to: CChar.self),
                        output.baseAddress?.assumingMemoryBound(to: UInt8.self), &size
                    )
                }
            }
        }
        return Int(status) == libcrypto_backup_ok ? size : 0
    }
}
