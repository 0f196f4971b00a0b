internal import CLibCrypto
package import SecureMemory

/// AES Key Wrap with Padding (RFC 5649, the KWP of NIST SP 800-38F).
package enum AESKeyWrapPadded {
    /// - Parameters:
    ///   - secret: one byte at least.
    ///   - key: 16, 24 or 32 bytes.
    package static func wrap(_ secret: RawSpan, with key: RawSpan) throws(LibCryptoError) -> [UInt8] {
        let wrapped = unsafe output(room: (secret.byteCount + 7) / 8 * 8 + 8) { target, size in
            unsafe key.withUnsafeBytes { key in
                unsafe secret.withUnsafeBytes { secret in
                    unsafe libcrypto_kwp_wrap(
                        key.baseAddress, key.count, secret.baseAddress, secret.count, target, &size)
                }
            }
        }
        guard let wrapped else { throw LibCryptoError("the wrapping key's or the secret's size is not right") }
        return wrapped
    }

    /// The secret, or nil when `wrapped` was not made with this key.
    package static func unwrap(_ wrapped: RawSpan, with key: RawSpan) -> SecretBytes? {
        unsafe secretOutput(room: wrapped.byteCount) { target, size in
            unsafe key.withUnsafeBytes { key in
                unsafe wrapped.withUnsafeBytes { wrapped in
                    unsafe libcrypto_kwp_unwrap(
                        key.baseAddress, key.count, wrapped.baseAddress, wrapped.count, target, &size)
                }
            }
        }
    }
}
