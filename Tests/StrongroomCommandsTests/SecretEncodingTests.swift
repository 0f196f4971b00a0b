import FoundationEssentials
import SecureMemory
import Testing

@testable import StrongroomCommands

@Suite struct `A secret in text` {
    private func decode(_ text: String, _ encoding: SecretEncoding) throws(CommandFailure) -> [UInt8] {
        try encoding.decode(SecretBytes(text)).copy
    }

    @Test func `that is raw is taken as it is`() throws {
        #expect(try decode(" ff\n", .raw) == Array(" ff\n".utf8))
    }

    @Test(arguments: ["00ff10Ab", "00 FF 10 AB\n", "00ff\r\n10ab", "\t00FF10aB  "])
    func `in hexadecimal is read in either case and with blanks`(text: String) throws {
        #expect(try decode(text, .hexadecimal) == [0, 0xff, 0x10, 0xab])
    }

    @Test(arguments: ["", "\n", "0", "00f", "0x00", "00:ff", "gg", "00ff=", "00-ff"])
    func `that is not hexadecimal is refused, and not quoted`(text: String) {
        expectFailure(saying: "not hexadecimal") { _ = try decode(text, .hexadecimal) }
    }

    @Test func `in base64 is what everybody reads in it`() throws {
        for size in 1...66 {
            let bytes = (0..<size).map { UInt8(truncatingIfNeeded: $0 * 37 + 11) }
            let text = Data(bytes).base64EncodedString()
            #expect(try decode(text, .base64) == bytes)
            #expect(try decode(text + "\n", .base64) == bytes)
            #expect(try decode(String(text.map { "\($0) " }.joined()), .base64) == bytes)
        }
        #expect(try decode("+/+/", .base64) == [0xfb, 0xff, 0xbf])
    }

    @Test(arguments: [
        "", "=", "A", "AA", "AAA", "AA=", "AAA==", "AAAA=", "AB==", "AAB=", "A-_=", "AA==AA==", "A\u{0}==",
    ])
    func `that is not base64 is refused, its unused bits too`(text: String) {
        expectFailure(saying: "not base64") { _ = try decode(text, .base64) }
    }

    @Test func `looks like what it is`() {
        #expect(SecretEncoding.guess(SecretBytes(String(repeating: "0a", count: 32) + "\n")) == .hexadecimal)
        #expect(SecretEncoding.guess(SecretBytes(Data((0..<32).map(UInt8.init)).base64EncodedString())) == .base64)
        #expect(SecretEncoding.guess(SecretBytes(copying: [0, 1, 2, 0xff])) == .raw)
    }

    @Test func `in PEM is what was put into it`() throws {
        for size in 0...150 {
            let bytes = (0..<size).map { UInt8(truncatingIfNeeded: $0 * 59 + 3) }
            let text = PEM.text("THING", der: bytes)
            #expect(text.hasPrefix("-----BEGIN THING-----\n") && text.hasSuffix("\n-----END THING-----\n"))
            #expect(text.split(separator: "\n").allSatisfy { $0.utf8.count <= 64 })
            guard size > 0 else { continue }
            let found = unsafe PEM.der("THING", in: Array(("noise\n" + text + "more").utf8).span.bytes)?.copy
            #expect(found == bytes)
            #expect(unsafe PEM.secret("THING", der: bytes.span.bytes).copy == Array(text.utf8))
        }
        #expect(unsafe PEM.der("OTHER", in: Array(PEM.text("THING", der: [1]).utf8).span.bytes) == nil)
    }
}
