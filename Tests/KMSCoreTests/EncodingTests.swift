import KMSCore
import Testing

@Suite struct Encodings {
    @Test func `CRC-32 gives the known answers`() {
        #expect(CRC32.checksum(Array("123456789".utf8)) == 0xcbf4_3926, "the check value of CRC-32/ISO-HDLC")
        #expect(CRC32.checksum([]) == 0)
        #expect(CRC32.checksum([0]) == 0xd202_ef8d)
        #expect(CRC32.checksum(Array("The quick brown fox jumps over the lazy dog".utf8)) == 0x414f_a339)
    }

    @Test func `integers are written and read with the most significant byte first`() {
        #expect(UInt32(0x0102_0304).bigEndianBytes == [1, 2, 3, 4])
        #expect(UInt64.max.bigEndianBytes == Array(repeating: 255, count: 8))
        for value in [0, 1, 0x8000_0000, UInt32.max] {
            #expect(UInt32(bigEndianBytes: value.bigEndianBytes) == value)
        }
    }

    @Test func `hexadecimal is lower case, and nothing else is read`() {
        let all = (0...255).map(UInt8.init)
        #expect(Hexadecimal.encode([0, 0x0f, 0xa0, 0xff]) == "000fa0ff")
        #expect(Hexadecimal.decode(Array(Hexadecimal.encode(all).utf8)) == all)
        for text in ["0", "0g", "0F", " 0", "0x"] {
            #expect(Hexadecimal.decode(Array(text.utf8)) == nil, "\(text)")
        }
    }
}
