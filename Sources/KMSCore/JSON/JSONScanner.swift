/// Why a text is not taken as JSON.
package enum JSONFault: Error, Equatable {
    /// Not JSON as RFC 8259 has it; the offset is in bytes.
    case malformed(offset: Int)
    case duplicateName(String)
    case tooDeep

    package var description: String {
        switch self {
        case .malformed(let offset): "it is not valid JSON at byte \(offset)"
        case .duplicateName(let name): "the member '\(name)' is there twice"
        case .tooDeep: "it is nested deeper than \(JSONScanner.maximumDepth) levels"
        }
    }
}

/// What a value is, of a JSON text that was stepped over.
package enum JSONValueKind: Hashable, Sendable {
    case string(JSONString)
    /// From its brace to the other.
    case object(Range<Int>)
    case null
    /// A number, an array, `true` or `false`.
    case other
}

/// Steps over JSON (RFC 8259) once, from front to back: for what `JSONDecoder` lets pass, and for those who want to read
/// a long text in it straight to where it belongs.
///
/// The decoder keeps one of two members of the same name, silently: two readers of one request could then see two
/// different requests. It also looks at nothing that it is not asked for, takes trailing commas, and UTF-16.
package struct JSONScanner {
    /// How deep arrays and objects may be nested; the APIs' own shapes need four.
    package static let maximumDepth = 32

    /// Given each member of an object that is no member of another within it.
    package typealias MemberVisitor = (_ name: JSONString, _ value: JSONValueKind) -> Void

    private let bytes: [UInt8]
    private var position = 0

    /// Throws unless `bytes` is one JSON object in UTF-8, with no name twice in any object.
    package static func checkObject(_ bytes: [UInt8], _ visit: MemberVisitor = { _, _ in }) throws(JSONFault) {
        guard (try? UTF8Span(validating: bytes.span)) != nil else { throw .malformed(offset: 0) }
        var scanner = JSONScanner(bytes: bytes)
        scanner.skipSpace()
        guard scanner.peek == UInt8(ascii: "{") else { throw .malformed(offset: scanner.position) }
        try scanner.object(depth: 1, visit)
        scanner.skipSpace()
        guard scanner.position == bytes.count else { throw .malformed(offset: scanner.position) }
    }

    /// Steps over an object that is in a text which has been checked.
    package static func visitObject(
        at start: Int, of bytes: [UInt8], _ visit: MemberVisitor
    ) throws(JSONFault) {
        var scanner = JSONScanner(bytes: bytes)
        scanner.position = start
        try scanner.object(depth: 1, visit)
    }

    private init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// The byte at the position; 0, which begins nothing in JSON, behind the end.
    private var peek: UInt8 {
        position < bytes.count ? bytes[position] : 0
    }

    private mutating func skipSpace() {
        while peek == 0x20 || peek == 0x0a || peek == 0x0d || peek == 0x09 { position += 1 }
    }

    /// Steps over `character` if it is next.
    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard peek == UInt8(ascii: character) else { return false }
        position += 1
        return true
    }

    private mutating func expect(_ character: Unicode.Scalar) throws(JSONFault) {
        guard take(character) else { throw .malformed(offset: position) }
    }

    @discardableResult private mutating func value(depth: Int) throws(JSONFault) -> JSONValueKind {
        let start = position
        switch peek {
        case UInt8(ascii: "{"):
            try object(depth: depth + 1) { _, _ in }
            return .object(start..<position)
        case UInt8(ascii: "["): try array(depth: depth + 1)
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): try literal("true")
        case UInt8(ascii: "f"): try literal("false")
        case UInt8(ascii: "n"):
            try literal("null")
            return .null
        default: try number()
        }
        return .other
    }

    private mutating func object(depth: Int, _ visit: MemberVisitor) throws(JSONFault) {
        guard depth <= Self.maximumDepth else { throw .tooDeep }
        var names = JSONNames()
        try expect("{")
        skipSpace()
        if take("}") { return }
        repeat {
            skipSpace()
            let name = try string()
            guard try names.insert(name, of: bytes) else { throw .duplicateName(name.text(of: bytes) ?? "") }
            skipSpace()
            try expect(":")
            skipSpace()
            let value = try value(depth: depth)
            visit(name, value)
            skipSpace()
        } while take(",")
        try expect("}")
    }

    private mutating func array(depth: Int) throws(JSONFault) {
        guard depth <= Self.maximumDepth else { throw .tooDeep }
        try expect("[")
        skipSpace()
        if take("]") { return }
        repeat {
            skipSpace()
            try value(depth: depth)
            skipSpace()
        } while take(",")
        try expect("]")
    }

    /// Steps over a string.
    private mutating func string() throws(JSONFault) -> JSONString {
        try expect("\"")
        let start = position
        var isPlain = true
        while true {
            let byte = peek
            switch byte {
            case UInt8(ascii: "\""):
                position += 1
                return JSONString(range: start..<(position - 1), isPlain: isPlain)
            case 0..<0x20:
                throw .malformed(offset: position)
            case UInt8(ascii: "\\"):
                isPlain = false
                try escape()
            default:
                if byte >= 0x80 { isPlain = false }
                position += 1
            }
        }
    }

    private mutating func escape() throws(JSONFault) {
        position += 1
        guard take("u") else {
            guard "\"\\/bfnrt".utf8.contains(peek) else { throw .malformed(offset: position) }
            position += 1
            return
        }
        for _ in 0..<4 {
            guard peek.hexadecimalValue != nil else { throw .malformed(offset: position) }
            position += 1
        }
    }

    private mutating func literal(_ text: String) throws(JSONFault) {
        for byte in text.utf8 {
            guard peek == byte else { throw .malformed(offset: position) }
            position += 1
        }
    }

    private mutating func number() throws(JSONFault) {
        _ = take("-")
        if !take("0") { try digits() }
        if take(".") { try digits() }
        if take("e") || take("E") {
            if !take("+") { _ = take("-") }
            try digits()
        }
    }

    private mutating func digits() throws(JSONFault) {
        let start = position
        while (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(peek) { position += 1 }
        guard position > start else { throw .malformed(offset: position) }
    }
}
