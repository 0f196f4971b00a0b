/// Writes an answer: one JSON object on one line, of members whose names and texts have nothing to escape.
struct JSONWriter {
    private(set) var bytes: [UInt8] = []
    private var needsComma = false

    init(capacity: Int = 256) {
        // An array that grows leaves copies of what it held.
        bytes.reserveCapacity(capacity)
    }

    mutating func object(_ members: (inout JSONWriter) -> Void) {
        separate()
        bytes.append(UInt8(ascii: "{"))
        needsComma = false
        members(&self)
        bytes.append(UInt8(ascii: "}"))
        needsComma = true
    }

    mutating func array<Element>(
        _ name: StaticString, _ elements: some Sequence<Element>, _ write: (inout JSONWriter, Element) -> Void
    ) {
        self.name(name)
        bytes.append(UInt8(ascii: "["))
        needsComma = false
        for element in elements { write(&self, element) }
        bytes.append(UInt8(ascii: "]"))
        needsComma = true
    }

    mutating func element(_ text: String) {
        separate()
        quote(text)
        needsComma = true
    }

    mutating func string(_ name: StaticString, _ text: String) {
        self.name(name)
        quote(text)
        needsComma = true
    }

    mutating func integer(_ name: StaticString, _ value: Int) {
        self.name(name)
        bytes += String(value).utf8
        needsComma = true
    }

    /// In base64.
    mutating func blob(_ name: StaticString, _ blob: RawSpan) {
        self.name(name)
        bytes.append(UInt8(ascii: "\""))
        Base64.append(blob, to: &bytes)
        bytes.append(UInt8(ascii: "\""))
        needsComma = true
    }

    mutating func blob(_ name: StaticString, _ blob: [UInt8]) {
        // Unsafe in general for the padding of larger elements; bytes have none.
        unsafe self.blob(name, blob.span.bytes)
    }

    private mutating func separate() {
        if needsComma { bytes.append(UInt8(ascii: ",")) }
    }

    private mutating func name(_ name: StaticString) {
        separate()
        bytes.append(UInt8(ascii: "\""))
        unsafe bytes.append(contentsOf: UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount))
        bytes.append(UInt8(ascii: "\""))
        bytes.append(UInt8(ascii: ":"))
        needsComma = false
    }

    /// Printable ASCII as it is; what else there is becomes a question mark.
    private mutating func quote(_ text: String) {
        bytes.append(UInt8(ascii: "\""))
        for byte in text.utf8 {
            if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { bytes.append(UInt8(ascii: "\\")) }
            bytes.append((0x20...0x7e).contains(byte) ? byte : UInt8(ascii: "?"))
        }
        bytes.append(UInt8(ascii: "\""))
    }
}
