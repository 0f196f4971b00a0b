/// An element of an answer: text, or other elements.
package struct XMLElement: Hashable, Sendable {
    package let name: String
    package internal(set) var text = ""
    package internal(set) var children: [XMLElement] = []

    init(name: String) {
        self.name = name
    }

    package init(parsing bytes: [UInt8]) throws(XMLError) {
        self = try XMLReader.read(bytes)
    }

    /// The first child of this name.
    package subscript(name: String) -> XMLElement? { children.first { $0.name == name } }

    /// The text of the first child of this name.
    package func text(_ name: String) -> String? { self[name]?.text }

    /// The elements of a list, which AWS names `member` or `entry`; none where there is no such list.
    package func members(_ name: String) -> [XMLElement] {
        (self[name]?.children ?? []).filter { $0.name == "member" || $0.name == "entry" }
    }
}

/// Why a text is not the XML that services answer. It quotes nothing: an answer may hold a secret.
package struct XMLError: Error, Equatable, Sendable, CustomStringConvertible {
    let message: String
    /// In bytes, from 0.
    let position: Int

    init(_ message: String, at position: Int) {
        self.message = message
        self.position = position
    }

    package var description: String { "\(message), at byte \(position)" }
}
