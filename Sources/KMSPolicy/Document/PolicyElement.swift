/// A value in a policy's text with its place: what the grammar is read from.
struct PolicyElement {
    let node: JSONNode
    let place: PolicyPlace

    init(_ node: JSONNode, path: String, position: JSONPosition? = nil) {
        let position = position ?? node.position
        self.node = node
        place = PolicyPlace(path: path, line: position.line, column: position.column)
    }

    func error(_ message: String) -> PolicyError {
        PolicyError(message, at: place)
    }

    func text(as name: String) throws(PolicyError) -> String {
        guard case .string(let text) = node.value else {
            throw error("\(name) must be a string, not \(node.kindName)")
        }
        return text
    }

    /// An object's members, each at the place of its name.
    func members(as name: String) throws(PolicyError) -> [(name: String, element: PolicyElement)] {
        guard case .object(let members) = node.value else {
            throw error("\(name) must be an object, not \(node.kindName)")
        }
        return members.map { member in
            let path = PolicyPlace.path(place.path, to: member.name)
            return (member.name, PolicyElement(member.node, path: path, position: member.position))
        }
    }

    /// An array's elements; a value that is no array is the only one.
    var list: [PolicyElement] {
        guard case .array(let nodes) = node.value else { return [self] }
        return nodes.enumerated().map { PolicyElement($1, path: "\(place.path)[\($0)]") }
    }
}

extension PolicyPlace {
    /// The path to a member of the object at a path.
    static func path(_ parent: String, to name: String) -> String {
        parent.isEmpty ? printable(name) : "\(parent).\(printable(name))"
    }
}

/// A text from a policy in a message.
func quoted(_ text: String) -> String {
    "\"\(printable(text))\""
}

/// On one line, and not longer than any name that means something.
private func printable(_ text: String) -> String {
    let limit = 160
    let scalars = text.unicodeScalars.prefix(limit).map { scalar in
        scalar.properties.generalCategory == .control ? "\u{FFFD}" : scalar
    }
    let start = String(String.UnicodeScalarView(scalars))
    return scalars.count < text.unicodeScalars.count ? "\(start)…" : start
}

/// Says what may stand where something unknown does, or what it is if only its case is wrong.
func remedy(for name: String, among known: [String]) -> String {
    if let meant = known.first(where: { $0.lowercased() == name.lowercased() }) {
        return "write \(quoted(meant)): case matters"
    }
    return "use one of \(known.joined(separator: ", "))"
}
