import KMSPolicy
import Yams

/// A policy in a YAML file: as YAML, or as JSON text.
///
/// In YAML every scalar is a string, as policies want it: an account's id keeps its zeros, and a date stays as written.
enum PolicyNode {
    static func text(
        _ node: Node, as kind: PolicyDocument.Kind, at place: String, of file: String
    ) throws(CommandFailure) -> String {
        let text: String
        if case .scalar(let scalar) = node {
            text = scalar.string
        } else {
            text = try value(of: node, place, file).text()
        }
        do {
            _ = try PolicyDocument(parsing: text, as: kind)
        } catch {
            // Of a policy in YAML, the place in the JSON that it became says little.
            let reason = if case .scalar = node { error.description } else { "\(error.message) (\(error.place.path))" }
            throw YAMLFault.at(node, place, "this is no policy: \(reason)", file)
        }
        return text
    }

    private static func value(of node: Node, _ place: String, _ file: String) throws(CommandFailure) -> JSONValue {
        switch node {
        case .scalar(let scalar):
            return .string(scalar.string)
        case .sequence(let sequence):
            var elements: [JSONValue] = []
            for element in sequence { elements.append(try value(of: element, place, file)) }
            return .array(elements)
        case .mapping(let mapping):
            var members: [String: JSONValue] = [:]
            for (key, element) in mapping {
                guard case .scalar(let name) = key else {
                    throw YAMLFault.at(key, place, "a name was expected", file)
                }
                members[name.string] = try value(of: element, place, file)
            }
            return .object(members)
        case .alias:
            throw YAMLFault.at(node, place, "an alias stands for nothing", file)
        }
    }
}
