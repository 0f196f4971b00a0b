/// What finds a key again that somebody else put into the token: the first thing in the payload of its check value, in
/// front of the sealed text.
///
/// `1 | length (2) | id` or `2 | length (2) | label`, the length most significant byte first.
package struct AdoptedPlace: Hashable, Sendable {
    package enum Attribute: UInt8, Sendable {
        case id = 1
        /// Of an object that has no id.
        case label = 2
    }

    package let attribute: Attribute
    package let value: [UInt8]

    /// Nil for a value that is empty or too long.
    package init?(_ attribute: Attribute, _ value: [UInt8]) {
        guard (1...Self.maximumSize).contains(value.count) else { return nil }
        self.attribute = attribute
        self.value = value
    }

    package static let maximumSize = 1024

    /// Reads the place in front of a payload; nil for what no worker made.
    package static func read(_ payload: ArraySlice<UInt8>) -> (place: AdoptedPlace, rest: ArraySlice<UInt8>)? {
        let bytes = payload.prefix(3)
        guard bytes.count == 3, let attribute = Attribute(rawValue: payload[payload.startIndex]) else { return nil }
        let size = Int(payload[payload.startIndex + 1]) << 8 | Int(payload[payload.startIndex + 2])
        let rest = payload.dropFirst(3)
        guard rest.count >= size, let place = AdoptedPlace(attribute, Array(rest.prefix(size))) else { return nil }
        return (place, rest.dropFirst(size))
    }

    package var bytes: [UInt8] {
        [attribute.rawValue, UInt8(value.count >> 8), UInt8(truncatingIfNeeded: value.count)] + value
    }

    /// The place in a check value; nil of keys that were not adopted.
    package init?(checkValue: [UInt8]) {
        guard let (name, payload) = CheckValueName.read(checkValue), name.kind == .adopted,
            let (place, _) = Self.read(payload)
        else { return nil }
        self = place
    }
}
