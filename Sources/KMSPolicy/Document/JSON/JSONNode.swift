/// A JSON value with the place where it begins.
struct JSONNode: Sendable {
    indirect enum Value: Sendable {
        case object([JSONMember])
        case array([JSONNode])
        case string(String)
        /// As it was written, so that no digit is lost.
        case number(String)
        case bool(Bool)
        case null
    }

    let value: Value
    let position: JSONPosition
}

/// A name in an object with its value. An object's members keep the order of the text.
struct JSONMember: Sendable {
    let name: String
    /// Where the name begins.
    let position: JSONPosition
    let node: JSONNode
}

/// A place in a text.
struct JSONPosition: Hashable, Sendable {
    /// From 1.
    let line: Int
    /// In characters, from 1.
    let column: Int
}

extension JSONNode {
    /// What the value is, for messages.
    var kindName: String {
        switch value {
        case .object: "an object"
        case .array: "an array"
        case .string: "a string"
        case .number: "a number"
        case .bool: "true or false"
        case .null: "null"
        }
    }
}
