import KMSCore
import LibCrypto

/// One-time passwords by counter (RFC 4226), and by time (RFC 6238) as authenticators have them: of HMAC-SHA-1, a step
/// of 30 seconds, six digits.
enum OneTimePassword {
    /// In seconds.
    static let period: Int64 = 30
    static let digits = 6
    /// Of a device's secret: as many bytes as SHA-1 has.
    static let secretCount = 20

    /// How many steps have begun since 1970.
    static func step(at date: Timestamp) -> Int64 { date.milliseconds / (period * 1000) }

    /// HOTP as a number (RFC 4226, section 5.3).
    static func code(_ secret: RawSpan, counter: Int64, digits: Int = digits) -> UInt32 {
        let message = UInt64(bitPattern: counter).bigEndianBytes
        let mac = unsafe HMAC.authenticationCode(.sha1, key: secret, message: message.span.bytes)
        let offset = Int(mac[mac.count - 1] & 0xf)
        let number = UInt32(bigEndianBytes: mac[offset..<offset + 4]) & 0x7fff_ffff
        return number % (0..<digits).reduce(1) { power, _ in power * 10 }
    }

    /// The number that `text` spells; throws for what is no code of six digits.
    static func number(_ text: String, _ parameter: String) throws(KMSError) -> UInt32 {
        guard text.utf8.count == digits, text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
            let number = UInt32(text)
        else { throw KMSError(.validation, "\(parameter) has to have six digits.") }
        return number
    }
}
