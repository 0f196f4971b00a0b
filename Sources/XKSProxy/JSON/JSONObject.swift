import KMSCore

/// One JSON object, whose members are found and not yet read: so a long text in it is read once, and straight to where
/// it belongs.
struct JSONObject {
    let bytes: [UInt8]
    private var members: [(name: JSONString, value: JSONValueKind)] = []

    /// A text that is one JSON object in UTF-8.
    init(parsing bytes: [UInt8]) throws(JSONFault) {
        self.bytes = bytes
        var found: [(JSONString, JSONValueKind)] = []
        try JSONScanner.checkObject(bytes) { found.append(($0, $1)) }
        members = found
    }

    /// The object in `range` of another.
    init(at range: Range<Int>, of bytes: [UInt8]) throws(JSONFault) {
        self.bytes = bytes
        var found: [(JSONString, JSONValueKind)] = []
        try JSONScanner.visitObject(at: range.lowerBound, of: bytes) { found.append(($0, $1)) }
        members = found
    }

    /// The member of that name; nil where there is none, or it is `null`.
    subscript(_ name: StaticString) -> JSONValueKind? {
        let found = members.first { isNamed(name, $0.name) }?.value
        return found == .null ? nil : found
    }

    private func isNamed(_ name: StaticString, _ found: JSONString) -> Bool {
        let wanted = unsafe UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount)
        guard found.isPlain else { return unsafe found.decoded(of: bytes)?.elementsEqual(wanted) ?? false }
        return unsafe found.range.count == wanted.count && bytes[found.range].elementsEqual(wanted)
    }
}
