internal import CLibCrypto
package import SecureMemory

/// The padding of RSAES-OAEP (RFC 8017, section 7.1), for tokens that decrypt raw RSA but lack a digest.
package enum OAEP {
    /// What was padded, or nil when `block` was not made so: which of the reasons it was cannot be told, from the time
    /// either.
    ///
    /// - Parameter block: the result of the raw RSA operation, as long as the modulus, leading zero included.
    package static func unpad(_ block: RawSpan, _ hash: Digest) -> SecretBytes? {
        unsafe secretOutput(room: block.byteCount) { target, size in
            unsafe block.withUnsafeBytes { block in
                unsafe libcrypto_oaep_unpad(hash.code, block.baseAddress, block.count, target, &size)
            }
        }
    }
}
