import Testing

@testable import SigV4

@Suite("Times")
struct SigningTimeTests {
    @Test(
        arguments: [
            (0, "19700101T000000Z"), (1_440_938_160, "20150830T123600Z"), (951_782_400, "20000229T000000Z"),
            (4_107_542_400, "21000301T000000Z"), (-1, "19691231T235959Z"), (253_402_300_799, "99991231T235959Z"),
        ] as [(Int64, String)])
    func `seconds and ISO 8601 name the same moments`(seconds: Int64, text: String) {
        #expect(SigningTime(epochSeconds: seconds).description == text)
        #expect(SigningTime(headerValue: text)?.epochSeconds == seconds)
    }

    @Test func `every day of four centuries comes back from its date`() throws {
        for day in stride(from: Int64(-10_957), to: 135_140, by: 1) {
            let time = SigningTime(epochSeconds: day * 86_400 + 43_200)
            #expect(SigningTime(headerValue: time.description) == time)
        }
    }

    @Test(arguments: ["Sun, 06 Nov 1994 08:49:37 GMT", "19941106T084937Z"])
    func `both forms of a request's date are read`(text: String) {
        #expect(SigningTime(headerValue: text)?.epochSeconds == 784_111_777)
    }

    @Test(arguments: [
        "Sun, 6 Nov 1994 08:49:37 GMT", "Sun, 06 nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT",
        "Sun Nov  6 08:49:37 1994", "19941106T084960Z", "19941306T084937Z", "19940006T084937Z", "19941100T084937Z",
        "+9941106T084937Z", "19941106t084937z", "19941106T084937ZZ",
    ])
    func `other spellings are not`(text: String) {
        #expect(SigningTime(headerValue: text) == nil)
    }

    @Test(arguments: [Int64.min, .max])
    func `a time beyond four-digit years is drawn back to the edge`(seconds: Int64) {
        #expect(SigningTime(epochSeconds: seconds).basicFormat.count == 16)
    }
}
