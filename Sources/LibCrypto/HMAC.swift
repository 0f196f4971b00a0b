internal import CLibCrypto

/// The keyed-hash message authentication code (RFC 2104, FIPS 198-1).
package enum HMAC {
    /// All of the code, as many bytes as the digest has.
    package static func authenticationCode(_ digest: Digest, key: RawSpan, message: RawSpan) -> [UInt8] {
        let code = unsafe output(room: digest.size) { target, written in
            written = digest.size
            return unsafe key.withUnsafeBytes { key in
                unsafe message.withUnsafeBytes { message in
                    unsafe libcrypto_hmac(
                        digest.code, key.baseAddress, key.count, message.baseAddress, message.count, target)
                }
            }
        }
        guard let code else { fatalError("libcrypto has no HMAC with \(digest)") }
        return code
    }
}
