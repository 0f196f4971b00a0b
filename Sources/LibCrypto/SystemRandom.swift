internal import CLibCrypto
package import SecureMemory

/// The library's generator for secrets (NIST SP 800-90A), seeded by the system.
package enum SystemRandom {
    package static func bytes(_ count: Int) -> SecretBytes {
        SecretBytes(count: count) { (span: inout MutableRawSpan) in
            let isDone = unsafe span.withUnsafeMutableBytes { unsafe libcrypto_random($0.baseAddress, $0.count) }
            guard isDone else { fatalError("the system has no random bytes") }
        }
    }
}
