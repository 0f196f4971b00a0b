import SecureMemory
import Testing

// That the time does not depend on the values is read in the C source, not measured: a measurement on a shared machine
// would prove nothing.
@Suite struct `Constant-time comparison` {
    private func areEqual(_ a: [UInt8], _ b: [UInt8]) -> Bool {
        let spans = unsafe ConstantTime.areEqual(a.span.bytes, b.span.bytes)
        let secrets = SecretBytes(copying: a).isEqual(to: SecretBytes(copying: b))
        #expect(spans == secrets, "both forms answer alike")
        return spans
    }

    @Test func `finds equal bytes equal, of every size`() {
        for size in 0...130 {
            let bytes = (0..<size).map { _ in UInt8.random(in: 0...255) }
            #expect(areEqual(bytes, bytes), "\(size) bytes")
        }
    }

    @Test func `sees every single bit`() {
        for size in [1, 2, 15, 16, 17, 32, 64, 65] {
            let bytes = (0..<size).map { _ in UInt8.random(in: 0...255) }
            for bit in 0..<(size * 8) {
                var other = bytes
                other[bit / 8] ^= 1 << (bit % 8)
                #expect(!areEqual(bytes, other), "bit \(bit) of \(size) bytes")
            }
        }
    }

    @Test func `does not let two differences cancel each other`() {
        #expect(!areEqual([1, 2, 3], [2, 1, 3]))
        #expect(!areEqual([0xff, 0xff], [0, 0]))
        #expect(!areEqual([0x80, 0, 0x80], [0, 0, 0]))
    }

    @Test func `finds no prefix equal to the whole`() {
        #expect(!areEqual([1, 2, 3], [1, 2]))
        #expect(!areEqual([], [0]))
        #expect(!areEqual([0], [0, 0]))
    }
}
