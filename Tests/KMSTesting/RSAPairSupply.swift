internal import LibCrypto
internal import Synchronization

/// Where one backend of a test has its RSA key pairs from: to make one takes a tenth of a second to seconds, and a test
/// of what a key store does with them makes hundreds.
///
/// All backends are given the same pairs in the same order, and none is given one twice.
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
            let fresh = SoftwareKey.KeyPair(try PrivateKey.generate(.rsa(bits: bits)))
            Self.made.withLock { $0[bits, default: []].append(fresh) }
        }
    }
}
