internal import CLibCrypto

/// The hash functions (FIPS 180-4) that signatures, OAEP and HMAC are used with.
package enum Digest: String, Sendable, CaseIterable {
    case sha1, sha224, sha256, sha384, sha512

    /// In bytes.
    package var size: Int {
        switch self {
        case .sha1: 20
        case .sha224: 28
        case .sha256: 32
        case .sha384: 48
        case .sha512: 64
        }
    }

    package func hash(_ bytes: RawSpan) -> [UInt8] {
        let digest = unsafe output(room: size) { target, written in
            written = size
            return unsafe bytes.withUnsafeBytes { unsafe libcrypto_hash(code, $0.baseAddress, $0.count, target) }
        }
        guard let digest else { fatalError("libcrypto has no \(self)") }
        return digest
    }

    package func hash(_ bytes: [UInt8]) -> [UInt8] {
        // Unsafe in general for the padding of larger elements; bytes have none.
        unsafe hash(bytes.span.bytes)
    }

    var code: libcrypto_digest {
        switch self {
        case .sha1: libcrypto_sha1
        case .sha224: libcrypto_sha224
        case .sha256: libcrypto_sha256
        case .sha384: libcrypto_sha384
        case .sha512: libcrypto_sha512
        }
    }
}
