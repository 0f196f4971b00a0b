/// A line of the log: `{"sequence":N,"previous":"<64 hexadecimal digits>","record":{…}}`.
///
/// Its hash is SHA-256 over the line without its end, and `previous` is the hash of the line before, in whatever file
/// that is; of the first line, zeros. The form is fixed to the byte, so that a chain is checked without parsing JSON.
package struct RecordLine {
    package let sequence: UInt64
    /// Where in the line the hash of the line before stands.
    let previous: Range<Int>
    /// Where in the line the record stands.
    package let record: Range<Int>

    /// A record is at most 256 KB long, and what is around it less than 1 KB.
    static let maximumSize = 257 << 10

    private static let parts: (head: [UInt8], middle: [UInt8], tail: [UInt8]) = (
        Array(#"{"sequence":"#.utf8), Array(#","previous":""#.utf8), Array(#"","record":{"#.utf8)
    )

    /// Nil for what was not written by ``append(_:_:_:to:)``.
    package init?(_ line: Span<UInt8>) {
        let parts = Self.parts
        guard line.starts(with: parts.head, at: 0), line.count <= Self.maximumSize else { return nil }
        var index = parts.head.count
        var sequence: UInt64 = 0
        let digits = index
        while index < line.count, case let digit = line[index] &- UInt8(ascii: "0"), digit < 10 {
            // 19 digits always fit; the first one is not zero.
            guard index - digits < 19, digit > 0 || index > digits else { return nil }
            sequence = sequence * 10 + UInt64(digit)
            index += 1
        }
        guard index > digits, line.starts(with: parts.middle, at: index) else { return nil }
        index += parts.middle.count
        let record = index + LogHash.hexadecimalSize + parts.tail.count - 1
        guard line.count >= record + 3, line.starts(with: parts.tail, at: index + LogHash.hexadecimalSize),
            line[line.count - 2] == UInt8(ascii: "}"), line[line.count - 1] == UInt8(ascii: "}")
        else { return nil }
        self.sequence = sequence
        previous = index..<(index + LogHash.hexadecimalSize)
        self.record = record..<(line.count - 1)
    }

    /// Appends a line with its end. Answers the line's hash.
    static func append(
        _ sequence: UInt64, _ previous: LogHash, _ record: [UInt8], to text: inout [UInt8]
    ) -> LogHash {
        let start = text.count
        text.append(contentsOf: parts.head)
        text.append(contentsOf: String(sequence).utf8)
        text.append(contentsOf: parts.middle)
        text.append(contentsOf: previous.hexadecimal)
        text.append(contentsOf: parts.tail.dropLast())
        text.append(contentsOf: record)
        text.append(UInt8(ascii: "}"))
        let hash = LogHash(of: text.span.extracting(start..<text.count))
        text.append(UInt8(ascii: "\n"))
        return hash
    }

    /// Whether these bytes can stand in a line: one JSON object by its looks, of one line, and not too long.
    static func canHold(_ record: [UInt8]) -> Bool {
        record.count >= 2 && record.count <= 256 << 10 && record.first == UInt8(ascii: "{")
            && record.last == UInt8(ascii: "}") && record.allSatisfy { $0 >= 0x20 }
            && String(validating: record, as: UTF8.self) != nil
    }
}

extension Span<UInt8> {
    /// Whether `bytes` stand at `index`.
    func starts(with bytes: [UInt8], at index: Int) -> Bool {
        guard index + bytes.count <= count else { return false }
        for offset in bytes.indices where self[index + offset] != bytes[offset] { return false }
        return true
    }
}
