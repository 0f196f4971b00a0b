/// Writes one JSON value (RFC 8259) from front to back, into bytes.
///
/// What a person's terminal would act on is escaped as well: control characters of both sets, line separators, and
/// what turns the direction of text around. So the text has no line end in it, and is safe to show.
struct JSONText {
    private(set) var bytes: [UInt8] = []
    private var needsComma = false

    init(capacity: Int) {
        bytes.reserveCapacity(capacity)
    }

    mutating func object(_ members: (inout JSONText) -> Void) {
        open(UInt8(ascii: "{"))
        members(&self)
        close(UInt8(ascii: "}"))
    }

    mutating func array(_ elements: (inout JSONText) -> Void) {
        open(UInt8(ascii: "["))
        elements(&self)
        close(UInt8(ascii: "]"))
    }

    /// The next value belongs to this name, which is one of ours and has nothing to escape in it.
    mutating func name(_ name: StaticString) {
        separate()
        bytes.append(UInt8(ascii: "\""))
        unsafe bytes.append(contentsOf: UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount))
        bytes.append(UInt8(ascii: "\""))
        bytes.append(UInt8(ascii: ":"))
        needsComma = false
    }

    /// The next value belongs to this name, which may come from a request.
    mutating func foreignName(_ name: String) {
        string(name)
        bytes.append(UInt8(ascii: ":"))
        needsComma = false
    }

    mutating func null() { word("null") }

    mutating func bool(_ value: Bool) { word(value ? "true" : "false") }

    mutating func integer(_ value: Int64) { word(String(value)) }

    /// - Parameter limit: How many bytes the text may take; what is longer ends in `[truncated]` there.
    mutating func string(_ text: String, limit: Int = .max) {
        separate()
        bytes.append(UInt8(ascii: "\""))
        if text.utf8.count <= limit, Self.isPlain(text.utf8.span) {
            bytes.append(contentsOf: text.utf8)
        } else {
            escape(text, limit: limit)
        }
        bytes.append(UInt8(ascii: "\""))
    }

    /// Writes a value; one that took more than `limit` bytes is taken back, and what stands there instead says so.
    mutating func bounded(_ limit: Int, _ value: (inout JSONText) -> Void) {
        let start = bytes.count
        let comma = needsComma
        value(&self)
        let size = bytes.count - start
        guard size > limit else { return }
        bytes.removeLast(size)
        needsComma = comma
        object {
            $0.name("omitted")
            $0.bool(true)
            $0.name("size")
            $0.integer(Int64(size))
        }
    }

    /// As ``bounded(_:_:)``. Of an object that takes too much, the members are left out that take more than their share,
    /// so that nobody hides by a long text what it was for.
    mutating func bounded(_ limit: Int, _ value: AuditValue) {
        guard case .object(let members) = value else { return bounded(limit) { $0.value(value) } }
        let (start, comma) = (bytes.count, needsComma)
        self.value(value)
        guard bytes.count - start > limit else { return }
        bytes.removeLast(bytes.count - start)
        needsComma = comma
        // One share is for the names.
        let share = limit / (members.count + 1)
        bounded(limit) { text in
            text.object { text in
                for member in members {
                    text.foreignName(member.name)
                    text.bounded(share) { $0.value(member.value) }
                }
            }
        }
    }

    private mutating func word(_ word: String) {
        separate()
        bytes.append(contentsOf: word.utf8)
    }

    private mutating func separate() {
        if needsComma { bytes.append(UInt8(ascii: ",")) }
        needsComma = true
    }

    private mutating func open(_ bracket: UInt8) {
        separate()
        bytes.append(bracket)
        needsComma = false
    }

    private mutating func close(_ bracket: UInt8) {
        bytes.append(bracket)
        needsComma = true
    }

    /// ASCII with nothing in it that is escaped.
    private static func isPlain(_ text: Span<UInt8>) -> Bool {
        var others = 0
        // Without a way out, so that the compiler takes many bytes at a time.
        for index in text.indices {
            let byte = text[index]
            let isOther = byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") || byte < 0x20 || byte > 0x7e
            others &+= isOther ? 1 : 0
        }
        return others == 0
    }

    private mutating func escape(_ text: String, limit: Int) {
        let start = bytes.count
        for scalar in text.unicodeScalars {
            // No scalar takes more than the 6 bytes of an escape.
            guard bytes.count - start <= limit - 6 else {
                bytes.append(contentsOf: "[truncated]".utf8)
                return
            }
            switch scalar.value {
            case 0x22, 0x5c: bytes += [UInt8(ascii: "\\"), UInt8(scalar.value)]
            case 0..<0x20, 0x7f...0x9f, 0x200e...0x200f, 0x2028...0x202e, 0x2066...0x2069:
                bytes.append(contentsOf: "\\u".utf8)
                bytes.append(contentsOf: Hexadecimal.encode(UInt16(scalar.value).bigEndianBytes).utf8)
            default: bytes.append(contentsOf: UTF8.encode(scalar)!)
            }
        }
    }
}

extension JSONText {
    mutating func member(_ name: StaticString, _ text: String, limit: Int = .max) {
        self.name(name)
        string(text, limit: limit)
    }

    mutating func member(_ name: StaticString, _ flag: Bool) {
        self.name(name)
        bool(flag)
    }

    mutating func member(_ member: AuditValue.Member) {
        foreignName(member.name)
        value(member.value)
    }

    mutating func value(_ value: AuditValue) {
        switch value {
        case .null: null()
        case .bool(let flag): bool(flag)
        case .integer(let number): integer(number)
        case .string(let text): string(text)
        case .array(let values):
            array { text in
                for value in values { text.value(value) }
            }
        case .object(let members):
            object { text in
                for member in members { text.member(member) }
            }
        }
    }
}
