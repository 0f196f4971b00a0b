/// Reads the XML that services answer with (XML 1.0): elements, whose attributes it passes over, and text.
///
/// Nothing else is in such answers, and all else is refused: comments, processing instructions, CDATA, document types
/// and with them entities of somebody's own, and text between elements.
struct XMLReader {
    /// Deeper than any answer, and shallow enough for any stack.
    private static let maximumDepth = 32

    private let bytes: [UInt8]
    private var position = 0

    static func read(_ bytes: [UInt8]) throws(XMLError) -> XMLElement {
        var reader = XMLReader(bytes: bytes)
        try reader.skipDeclaration()
        let element = try reader.element(depth: 1)
        reader.skipSpace()
        guard reader.position == bytes.count else { throw reader.error("something follows the end") }
        return element
    }

    private init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    // MARK: Elements

    private mutating func skipDeclaration() throws(XMLError) {
        _ = take([0xEF, 0xBB, 0xBF])
        if take("<?xml") {
            while !take("?>") { try advance() }
        }
        skipSpace()
    }

    /// An element from its `<` on.
    private mutating func element(depth: Int) throws(XMLError) -> XMLElement {
        guard depth <= Self.maximumDepth else { throw error("the elements are nested too deeply") }
        guard take("<") else { throw error("an element was expected") }
        var element = XMLElement(name: try name())
        guard try !isEmptyAfterAttributes() else { return element }
        var text: [UInt8] = []
        while true {
            guard next == UInt8(ascii: "<") else {
                try readCharacter(into: &text)
                continue
            }
            if take("</") { break }
            element.children.append(try self.element(depth: depth + 1))
        }
        guard try name() == element.name else { throw error("an element ends that did not begin") }
        skipSpace()
        guard take(">") else { throw error("a tag has no end") }
        guard element.children.isEmpty else {
            guard text.allSatisfy(Self.isSpace) else { throw error("there is text between elements") }
            return element
        }
        guard let text = String(validating: text, as: UTF8.self) else { throw error("the text is not UTF-8") }
        element.text = text
        return element
    }

    /// A name of letters, digits, `_`, `-`, `.` and `:`.
    private mutating func name() throws(XMLError) -> String {
        let start = position
        while let byte = next, Self.isOfNames(byte) { position += 1 }
        guard position > start else { throw error("a name was expected") }
        return String(decoding: bytes[start..<position], as: UTF8.self)
    }

    /// Reads the rest of a tag; answers whether it is an empty element's.
    private mutating func isEmptyAfterAttributes() throws(XMLError) -> Bool {
        while true {
            let hasSpace = skipSpace()
            if take("/>") { return true }
            if take(">") { return false }
            guard hasSpace else { throw error("a tag has no end") }
            _ = try name()
            guard take("="), let quote = next, quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'") else {
                throw error("an attribute has no value in quotes")
            }
            repeat { try advance() } while next != quote
            position += 1
        }
    }

    // MARK: Text

    /// One character as it is meant. Ends of lines are as XML has them: a line feed (section 2.11).
    private mutating func readCharacter(into text: inout [UInt8]) throws(XMLError) {
        guard let byte = next else { throw error("an element has no end") }
        switch byte {
        case UInt8(ascii: "&"):
            text += UTF8.encode(try reference()).map(Array.init) ?? []
        case 0x0D:
            position += 1
            if next != 0x0A { text.append(0x0A) }
        case 0..<0x09, 0x0B..<0x0D, 0x0E..<0x20:
            throw error("there is a character that XML does not have")
        default:
            position += 1
            text.append(byte)
        }
    }

    private mutating func reference() throws(XMLError) -> Unicode.Scalar {
        let start = position
        let named: [(String, Unicode.Scalar)] = [
            ("&amp;", "&"), ("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&apos;", "'"),
        ]
        for (text, scalar) in named where take(text) { return scalar }
        let radix = take("&#x") ? 16 : take("&#") ? 10 : 0
        guard radix > 0, let end = bytes[position...].prefix(9).firstIndex(of: UInt8(ascii: ";")), end > position,
            let value = UInt32(String(decoding: bytes[position..<end], as: UTF8.self), radix: radix), value > 0,
            let scalar = Unicode.Scalar(value)
        else {
            position = start
            throw error("there is an unknown reference")
        }
        position = end + 1
        return scalar
    }

    // MARK: Bytes

    private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func advance() throws(XMLError) {
        guard position < bytes.count else { throw error("the text ends too early") }
        position += 1
    }

    /// Takes `text` if it is what comes next.
    private mutating func take(_ text: String) -> Bool { take(Array(text.utf8)) }

    private mutating func take(_ wanted: [UInt8]) -> Bool {
        guard bytes[position...].starts(with: wanted) else { return false }
        position += wanted.count
        return true
    }

    @discardableResult
    private mutating func skipSpace() -> Bool {
        let start = position
        while let byte = next, Self.isSpace(byte) { position += 1 }
        return position > start
    }

    private static func isSpace(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09
    }

    private static func isOfNames(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "."),
            UInt8(ascii: ":"):
            true
        default: false
        }
    }

    private func error(_ message: String) -> XMLError { XMLError(message, at: position) }
}
