extension PolicyText {
    /// - Parameters:
    ///   - wildcards: Whether `*` and `?` are wildcards.
    ///   - variables: Whether `${…}` is a variable; if not, it is plain text.
    /// - Returns: Nil for a variable that is not well-formed.
    static func parts(of text: String, wildcards: Bool = false, variables: Bool) -> [Part]? {
        let bytes = Array(text.utf8)
        var parts: [Part] = []
        var literal: [UInt8] = []
        var offset = 0
        while offset < bytes.count {
            if variables, bytes[offset...].starts(with: "${".utf8) {
                guard let (variable, end) = variable(bytes, from: offset + 2) else { return nil }
                switch variable {
                case .literal(let bytes): literal += bytes
                case .variable:
                    if !literal.isEmpty { parts.append(.literal(literal)) }
                    literal = []
                    parts.append(variable)
                }
                offset = end
            } else {
                literal.append(wildcards ? WildcardPattern.wildcard(bytes[offset]) : bytes[offset])
                offset += 1
            }
        }
        if !literal.isEmpty { parts.append(.literal(literal)) }
        return parts
    }

    /// - Parameter start: Behind the opening brace.
    /// - Returns: With the offset behind the closing one.
    private static func variable(_ bytes: [UInt8], from start: Int) -> (Part, end: Int)? {
        let name = bytes[start...].prefix { $0 != UInt8(ascii: "}") && $0 != UInt8(ascii: ",") }
        guard !name.isEmpty, name.endIndex < bytes.count else { return nil }
        let key = ConditionKey(String(decoding: name, as: UTF8.self))
        if bytes[name.endIndex] == UInt8(ascii: "}") {
            let isCharacter = name.count == 1 && "*?$".utf8.contains(name[start])
            return (isCharacter ? .literal(Array(name)) : .variable(key, fallback: nil), name.endIndex + 1)
        }

        // , 'default'}
        let quote = UInt8(ascii: "'")
        let rest = bytes[(name.endIndex + 1)...].drop { $0 == UInt8(ascii: " ") }
        guard rest.first == quote else { return nil }
        let fallback = rest.dropFirst().prefix { $0 != quote }
        let end = bytes[fallback.endIndex...].dropFirst().drop { $0 == UInt8(ascii: " ") }
        guard fallback.endIndex < bytes.count, end.first == UInt8(ascii: "}") else { return nil }
        return (.variable(key, fallback: String(decoding: fallback, as: UTF8.self)), end.startIndex + 1)
    }
}
