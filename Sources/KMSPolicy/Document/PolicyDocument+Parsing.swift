extension PolicyDocument {
    /// Reads a policy. What breaks the grammar is told with its place; of several faults, the first in the text.
    ///
    /// Text that is not JSON is told before anything else. How long a policy may be is for the caller to decide.
    package init(parsing text: String, as kind: Kind) throws(PolicyError) {
        try Self.checkCharacters(of: text, kind)
        let root = PolicyElement(try JSONReader.read(text), path: "")
        let members = try root.members(as: "a policy")
        guard members.contains(where: { $0.name == "Statement" }) else {
            // Before the others' faults, because the place is the policy's beginning.
            let misspelt = members.first { $0.name.lowercased() == "statement" }
            throw (misspelt?.element ?? root).error("a policy needs the element \"Statement\"")
        }

        // Wherever it stands, it decides what the statements mean.
        let version = members.first { $0.name == "Version" }?.element
        let grammar = StatementGrammar(kind: kind, version: version.flatMap { try? Version(reading: $0) } ?? .v2008)

        var id: String?
        var statements: [PolicyStatement] = []
        for (name, element) in members {
            switch name {
            case "Version": _ = try Version(reading: element)
            case "Id": id = try element.text(as: "Id")
            case "Statement": statements = try grammar.statements(element)
            default:
                let remedy = remedy(for: name, among: ["Version", "Id", "Statement"])
                throw element.error("a policy has no element \(quoted(name)): \(remedy)")
            }
        }
        self.init(
            kind: kind, version: grammar.version, hasVersion: version != nil, id: id, statements: statements)
    }

    /// The characters that AWS's APIs let into a policy's text. Others can be written as escapes.
    private static func checkCharacters(of text: String, _ kind: Kind) throws(PolicyError) {
        var line = 1
        var column = 1
        for scalar in text.unicodeScalars {
            switch scalar.value {
            case 0x0A:
                line += 1
                column = 0
            case 0x09, 0x0D, 0x20...0x7E, 0xA0...0xFF: break
            // KMS refuses these, IAM does not.
            case 0x7F...0x9F where kind != .key: break
            default:
                throw PolicyError(
                    "a policy cannot hold the character U+\(String(scalar.value, radix: 16, uppercase: true)):"
                        + " write it as a JSON escape", at: PolicyPlace(path: "", line: line, column: column))
            }
            column += 1
        }
    }
}

extension PolicyDocument.Version {
    fileprivate init(reading element: PolicyElement) throws(PolicyError) {
        let text = try element.text(as: "Version")
        guard let version = Self(rawValue: text) else {
            throw element.error("there is no Version \(quoted(text)): use 2012-10-17, or 2008-10-17 for old policies")
        }
        self = version
    }
}
