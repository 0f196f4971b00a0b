import KMSCore
import KMSTesting
import SecureMemory
import Testing

@testable import IAMCore

@Suite struct `One-time passwords` {
    /// RFC 4226, appendix D, and RFC 6238, appendix B.
    private let secret = SecretText("12345678901234567890")

    @Test(
        arguments: [
            755224, 287082, 359152, 969429, 338314, 254676, 287922, 162583, 399871, 520489,
        ].enumerated().map { ($0.offset, UInt32($0.element)) })
    func `are RFC 4226's`(counter: Int, code: UInt32) {
        #expect(secret.bytes.withExposedBytes { OneTimePassword.code($0, counter: Int64(counter)) } == code)
    }

    @Test(
        arguments: [
            (59, 94_287_082), (1_111_111_109, 7_081_804), (1_111_111_111, 14_050_471), (1_234_567_890, 89_005_924),
            (2_000_000_000, 69_279_037), (20_000_000_000, 65_353_130),
        ] as [(Int64, UInt32)])
    func `are RFC 6238's, by SHA-1`(seconds: Int64, code: UInt32) {
        let step = OneTimePassword.step(at: Timestamp(seconds: seconds))
        #expect(secret.bytes.withExposedBytes { OneTimePassword.code($0, counter: step, digits: 8) } == code)
    }

    @Test(arguments: ["", "12345", "1234567", "12345a", "１２３４５６", "-12345", "+12345", " 12345"])
    func `are six digits`(text: String) async {
        await expect(.validation) { _ = try OneTimePassword.number(text, "TokenCode") }
    }

    @Test func `may begin with zeros`() throws {
        #expect(try OneTimePassword.number("000042", "TokenCode") == 42)
    }

    /// RFC 4648, section 10, of those whose size is a multiple of five; and the secret above as authenticators show it.
    @Test(arguments: [
        ("", ""), ("fooba", "MZXW6YTB"), ("12345678901234567890", "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"),
    ])
    func `have secrets in base32`(text: String, encoded: String) {
        #expect(Base32.encode(SecretBytes(copying: Array(text.utf8))).text() == encoded)
    }
}

/// A secret that a suite can hold, which is a copyable value.
private final class SecretText: Sendable {
    let bytes: SecretBytes

    init(_ text: String) {
        bytes = SecretBytes(copying: Array(text.utf8))
    }
}

@Suite struct `Attempts at codes` {
    private let clock = TestClock(Timestamp(seconds: 0))

    @Test func `are five in a quarter of an hour`() async throws {
        let attempts = CodeAttempts(clock: clock)
        for _ in 0..<5 { try attempts.begin("device") }
        await expect(.throttled) { try attempts.begin("device") }
        try attempts.begin("other")
        clock.set(Timestamp(seconds: 899))
        await expect(.throttled) { try attempts.begin("device") }
        clock.set(Timestamp(seconds: 900))
        try attempts.begin("device")
    }

    @Test func `are forgotten after a good one`() throws {
        let attempts = CodeAttempts(clock: clock)
        for _ in 0..<4 { try attempts.begin("device") }
        attempts.succeed("device")
        for _ in 0..<5 { try attempts.begin("device") }
    }

    @Test func `do not count when the code could not be looked at`() throws {
        let attempts = CodeAttempts(clock: clock)
        for _ in 0..<20 {
            try attempts.begin("device")
            attempts.withdraw("device")
        }
    }
}
