import Yams

/// A mapping of a YAML file that is read field by field; what nobody has read is refused by name and line.
struct YAMLFields {
    private let file: String
    private let path: String
    private var rest: [(name: String, node: Node)]

    /// - Parameter path: Where in the file it stands, as in `users.ann`.
    init(_ node: Node, _ path: String, of file: String) throws(CommandFailure) {
        self.file = file
        self.path = path
        switch node {
        case .mapping(let mapping):
            rest = []
            for (key, value) in mapping {
                guard let name = key.string, case .scalar = key else {
                    throw YAMLFault.at(key, path, "a name was expected", file)
                }
                rest.append((name, value))
            }
        // A field that is there and has nothing in it.
        case .scalar(let scalar) where scalar.string.isEmpty:
            rest = []
        default:
            throw YAMLFault.at(node, path, "names with values were expected", file)
        }
    }

    /// All of them, for mappings whose names are the writer's own.
    mutating func takeAll() -> [(name: String, node: Node)] {
        defer { rest = [] }
        return rest
    }

    mutating func take(_ name: String) -> Node? {
        guard let index = rest.firstIndex(where: { $0.name == name }) else { return nil }
        return rest.remove(at: index).node
    }

    mutating func string(_ name: String) throws(CommandFailure) -> String? {
        guard let node = take(name) else { return nil }
        guard case .scalar(let scalar) = node else {
            throw YAMLFault.at(node, place(name), "a text was expected", file)
        }
        return scalar.string
    }

    mutating func integer(_ name: String) throws(CommandFailure) -> Int? {
        guard let node = take(name) else { return nil }
        guard case .scalar(let scalar) = node, let number = Int(scalar.string) else {
            throw YAMLFault.at(node, place(name), "a number was expected", file)
        }
        return number
    }

    /// Empty where the field is absent.
    mutating func strings(_ name: String) throws(CommandFailure) -> [(text: String, node: Node)] {
        guard let node = take(name) else { return [] }
        guard case .sequence(let sequence) = node else {
            if case .scalar(let scalar) = node, scalar.string.isEmpty { return [] }
            throw YAMLFault.at(node, place(name), "a list was expected", file)
        }
        var texts: [(String, Node)] = []
        for element in sequence {
            guard case .scalar(let scalar) = element else {
                throw YAMLFault.at(element, place(name), "a text was expected", file)
            }
            guard !texts.contains(where: { $0.0 == scalar.string }) else {
                throw YAMLFault.at(element, place(name), "\(scalar.string) is in the list already", file)
            }
            texts.append((scalar.string, element))
        }
        return texts
    }

    /// A mapping of texts, as tags are. Empty where the field is absent.
    mutating func pairs(_ name: String) throws(CommandFailure) -> [String: String] {
        guard var fields = try fields(name) else { return [:] }
        var pairs: [String: String] = [:]
        for (key, _) in fields.rest { pairs[key] = try fields.string(key) }
        return pairs
    }

    /// A mapping in this one.
    mutating func fields(_ name: String) throws(CommandFailure) -> YAMLFields? {
        guard let node = take(name) else { return nil }
        return try YAMLFields(node, place(name), of: file)
    }

    /// To be called when all that is known has been read.
    func finish(known: String) throws(CommandFailure) {
        guard let stray = rest.first else { return }
        throw YAMLFault.at(stray.node, place(stray.name), "there is no such field; there are \(known)", file)
    }

    func place(_ name: String) -> String { path.isEmpty ? name : path + "." + name }

    func fault(_ node: Node, _ name: String, _ reason: String) -> CommandFailure {
        YAMLFault.at(node, place(name), reason, file)
    }
}

/// What is wrong with a YAML file, and on which line.
enum YAMLFault {
    /// - Parameter error: The parser's.
    static func unreadable(_ error: any Error, _ file: String) -> CommandFailure {
        let reason =
            switch error {
            case YamlError.scanner(_, let problem, let mark, _), YamlError.parser(_, let problem, let mark, _),
                YamlError.composer(_, let problem, let mark, _):
                ", line \(mark.line): \(problem)"
            case YamlError.duplicatedKeysInMapping(let keys, let context):
                ", line \(context.mark.line): \(keys.joined(separator: ", ")) is there more than once"
            default: ": \(error)"
            }
        return CommandFailure(file + reason, hint: "docs/identities.md has an example")
    }

    static func at(_ node: Node, _ place: String, _ reason: String, _ file: String) -> CommandFailure {
        let line = node.mark.map { ", line \($0.line)" } ?? ""
        return CommandFailure(
            "\(file)\(line): \(place.isEmpty ? "" : place + ": ")\(reason)",
            hint: "docs/identities.md explains every field")
    }
}
