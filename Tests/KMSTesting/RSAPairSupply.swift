internal import LibCrypto
internal import Synchronization

/// Where one backend of a test has its RSA key pairs from: to make one takes a tenth of a second to seconds, and a test
/// of what a key store does with them makes hundreds.
///
/// All backends are given the same pairs in the same order, and none is given one twice: first fixed ones, and those
/// that had to be made once there were no more.
package final class RSAPairSupply: Sendable {
    private static let made = Mutex<[Int: [SoftwareKey.KeyPair]]>([:])

    /// How many this backend has had, by their size.
    private let given = Mutex<[Int: Int]>([:])

    package init() {}

    func next(bits: Int) throws(LibCryptoError) -> SoftwareKey.KeyPair {
        let number = given.withLock { given in
            defer { given[bits, default: 0] += 1 }
            return given[bits, default: 0]
        }
        while true {
            let known = Self.made.withLock { made in
                made[bits].flatMap { $0.count > number ? $0[number] : nil }
            }
            if let known { return known }
            let next = Self.made.withLock { $0[bits]?.count ?? 0 }
            let fresh = SoftwareKey.KeyPair(try Self.pair(bits, next))
            Self.made.withLock { made in
                // Somebody may have been as quick with the same.
                if made[bits]?.count ?? 0 == next { made[bits, default: []].append(fresh) }
            }
        }
    }

    private static func pair(_ bits: Int, _ number: Int) throws(LibCryptoError) -> PrivateKey {
        guard let pkcs8 = FixedRSAKeys.made(bits: bits, number) else {
            return try PrivateKey.generate(.rsa(bits: bits))
        }
        return try PrivateKey(pkcs8: unsafe pkcs8.span.bytes)
    }
}
