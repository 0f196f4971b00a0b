/// Writes answers: elements and text in UTF-8, and nothing else that XML has.
enum XMLWriter {
    /// A document of one element. The first of an answer's names the API's namespace.
    static func write(_ root: String, namespace: String, _ children: [XMLNode]) -> [UInt8] {
        var answer: [UInt8] = []
        // Few answers are longer; an array that grows leaves copies of what it held.
        answer.reserveCapacity(4096)
        answer += "<\(root) xmlns=\"\(namespace)\">".utf8
        for child in children { append(child, to: &answer) }
        answer += "</\(root)>".utf8
        return answer
    }

    private static func append(_ node: XMLNode, to answer: inout [UInt8]) {
        switch node {
        case .element(let name, let children):
            answer += "<\(name)>".utf8
            for child in children { append(child, to: &answer) }
            answer += "</\(name)>".utf8
        case .text(let name, let text):
            answer += "<\(name)>".utf8
            for scalar in text.unicodeScalars { append(scalar, to: &answer) }
            answer += "</\(name)>".utf8
        case .secret(let name, let write):
            answer += "<\(name)>".utf8
            write(&answer)
            answer += "</\(name)>".utf8
        }
    }

    /// Characters that XML 1.0 cannot have (section 2.2), not even as references, become U+FFFD.
    private static func append(_ scalar: Unicode.Scalar, to answer: inout [UInt8]) {
        switch scalar.value {
        case 0x20...0x7e: append(UInt8(truncatingIfNeeded: scalar.value), to: &answer)
        // As they are, a reader would turn a carriage return into a line feed (section 2.11).
        case 0x9, 0xa, 0xd: answer += "&#\(scalar.value);".utf8
        case 0x7f...0xd7ff, 0xe000...0xfffd, 0x10000...0x10ffff: answer += UTF8.encode(scalar)!
        default: answer += "\u{fffd}".utf8
        }
    }

    /// A printable character of ASCII.
    static func append(_ byte: UInt8, to answer: inout [UInt8]) {
        switch byte {
        case UInt8(ascii: "&"): answer += "&amp;".utf8
        case UInt8(ascii: "<"): answer += "&lt;".utf8
        case UInt8(ascii: ">"): answer += "&gt;".utf8
        case UInt8(ascii: "\""): answer += "&quot;".utf8
        case UInt8(ascii: "'"): answer += "&#39;".utf8
        default: answer.append(byte)
        }
    }
}
