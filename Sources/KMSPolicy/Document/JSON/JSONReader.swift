/// Reads JSON (RFC 8259) strictly, and tells the place of everything in it.
///
/// An own reader, because policies need what others do not give: places, an object's order, and the refusal of names
/// that occur twice, of which one reader would take the first and another the last.
struct JSONReader {
    /// Deeper than any policy, and shallow enough for any stack.
    static let maximumDepth = 16

    let bytes: [UInt8]
    var offset = 0
    private var line = 1
    private var lineStart = 0
    /// How many bytes of the line so far only continue a character.
    private var continuations = 0
    /// The names and indices that lead to where the reader is.
    private var path = ""

    private init(_ text: String) {
        bytes = Array(text.utf8)
    }

    /// - Throws: With the place, for the first fault in the text.
    static func read(_ text: String) throws(PolicyError) -> JSONNode {
        var reader = JSONReader(text)
        let node = try reader.value(depth: 1)
        reader.skipSpace()
        guard reader.offset == reader.bytes.count else {
            throw reader.error("something follows the end of the JSON value: remove it")
        }
        return node
    }

    // MARK: Characters

    var position: JSONPosition {
        JSONPosition(line: line, column: offset - lineStart - continuations + 1)
    }

    /// The byte to be read next; nil at the end.
    var next: UInt8? {
        offset < bytes.count ? bytes[offset] : nil
    }

    mutating func advance() {
        let byte = bytes[offset]
        offset += 1
        if byte == UInt8(ascii: "\n") {
            line += 1
            lineStart = offset
            continuations = 0
        } else if byte & 0xC0 == 0x80 {
            continuations += 1
        }
    }

    private mutating func skipSpace() {
        while let byte = next, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { advance() }
    }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard next == UInt8(ascii: character) else { return false }
        advance()
        return true
    }

    func error(_ message: String, at position: JSONPosition? = nil) -> PolicyError {
        let position = position ?? self.position
        return PolicyError(
            "not JSON: \(message)", at: PolicyPlace(path: path, line: position.line, column: position.column))
    }

    // MARK: Values

    private mutating func value(depth: Int) throws(PolicyError) -> JSONNode {
        skipSpace()
        let start = position
        guard depth <= Self.maximumDepth else { throw error("nested more than \(Self.maximumDepth) deep") }
        let value: JSONNode.Value =
            switch next {
            case UInt8(ascii: "{"): .object(try members(depth: depth))
            case UInt8(ascii: "["): .array(try elements(depth: depth))
            case UInt8(ascii: "\""): .string(try string())
            case let byte? where byte == UInt8(ascii: "-") || byte.isASCIIDigit: .number(try number())
            case UInt8(ascii: "t"): try word("true", .bool(true))
            case UInt8(ascii: "f"): try word("false", .bool(false))
            case UInt8(ascii: "n"): try word("null", .null)
            case nil: throw error("the text ends where a value was expected")
            default: throw error("a value was expected")
            }
        return JSONNode(value: value, position: start)
    }

    private mutating func members(depth: Int) throws(PolicyError) -> [JSONMember] {
        advance()
        skipSpace()
        var members: [JSONMember] = []
        // As bytes: names that look alike but are written with other characters are different names.
        var names: Set<[UInt8]> = []
        if take("}") { return [] }
        let parent = path
        repeat {
            skipSpace()
            let start = position
            guard next == UInt8(ascii: "\"") else { throw error("a name in double quotes was expected") }
            let name = try string()
            guard names.insert(Array(name.utf8)).inserted else {
                throw error("the name \(quoted(name)) occurs twice in one object: keep one of them", at: start)
            }
            skipSpace()
            guard take(":") else { throw error("a colon was expected after the name \(quoted(name))") }
            path = PolicyPlace.path(parent, to: name)
            members.append(JSONMember(name: name, position: start, node: try value(depth: depth + 1)))
            path = parent
            skipSpace()
        } while take(",")
        guard take("}") else { throw error("a comma or the object's end was expected") }
        return members
    }

    private mutating func elements(depth: Int) throws(PolicyError) -> [JSONNode] {
        advance()
        skipSpace()
        var elements: [JSONNode] = []
        if take("]") { return [] }
        let parent = path
        repeat {
            path = "\(parent)[\(elements.count)]"
            elements.append(try value(depth: depth + 1))
            path = parent
            skipSpace()
        } while take(",")
        guard take("]") else { throw error("a comma or the array's end was expected") }
        return elements
    }

    private mutating func word(_ word: String, _ value: JSONNode.Value) throws(PolicyError) -> JSONNode.Value {
        let start = position
        for byte in word.utf8 {
            guard next == byte else { throw error("a value was expected", at: start) }
            advance()
        }
        return value
    }
}
