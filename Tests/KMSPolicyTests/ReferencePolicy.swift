/// A policy for the reference evaluator, in the simplest form that holds everything. It prints itself, so that the
/// engine reads what the reference evaluates.
struct ReferencePolicy {
    var version: String? = "2012-10-17"
    var statements: [ReferenceStatement]

    var json: String {
        let version = version.map { "\"Version\":\(quoted($0))," } ?? ""
        return "{\(version)\"Statement\":\(list(statements.map(\.json)))}"
    }
}

struct ReferenceStatement {
    var sid: String?
    var isAllow = true
    var principals: ReferenceChoice<ReferencePrincipal>?
    var actions: ReferenceChoice<String>?
    var resources: ReferenceChoice<String>?
    var conditions: [ReferenceCondition] = []

    var json: String {
        var members = ["\"Effect\":\"\(isAllow ? "Allow" : "Deny")\""]
        if let sid { members.append("\"Sid\":\(quoted(sid))") }
        if let principals { members.append(principals.json("Principal", ReferencePrincipal.json)) }
        if let actions { members.append(actions.json("Action") { list($0.map(quoted)) }) }
        if let resources { members.append(resources.json("Resource") { list($0.map(quoted)) }) }
        if !conditions.isEmpty {
            // One member an operator, in which there is one a key: names may not come twice in JSON.
            let operators = Dictionary(grouping: conditions, by: \.operatorText).sorted { $0.key < $1.key }
            let tests = operators.map { name, conditions in
                let keys = conditions.map { "\(quoted($0.key)):\(list($0.values.map(quoted)))" }
                return "\(quoted(name)):{\(keys.joined(separator: ","))}"
            }
            members.append("\"Condition\":{\(tests.joined(separator: ","))}")
        }
        return "{\(members.joined(separator: ","))}"
    }
}

/// What `Action` or `NotAction`, and the like, name.
struct ReferenceChoice<Item> {
    var isNot = false
    var items: [Item]

    fileprivate func json(_ name: String, _ items: ([Item]) -> String) -> String {
        "\"\(isNot ? "Not" : "")\(name)\":\(items(self.items))"
    }
}

/// `AWS` or `Service`, and what stands after it; `*` for everybody.
struct ReferencePrincipal: Hashable {
    var type = "AWS"
    var value: String

    fileprivate static func json(_ principals: [ReferencePrincipal]) -> String {
        if principals == [ReferencePrincipal(type: "*", value: "*")] { return "\"*\"" }
        let types = Dictionary(grouping: principals, by: \.type).sorted { $0.key < $1.key }
        return "{\(types.map { "\(quoted($0)):\(list($1.map { quoted($0.value) }))" }.joined(separator: ","))}"
    }
}

/// One operator with one key.
struct ReferenceCondition {
    /// `ForAnyValue`, `ForAllValues` or nothing.
    var qualifier = ""
    var base: String
    var ifExists = false
    var key: String
    var values: [String]

    var operatorText: String { "\(qualifier.isEmpty ? "" : qualifier + ":")\(base)\(ifExists ? "IfExists" : "")" }
}

/// One element stands for a list of one.
private func list(_ elements: [String]) -> String {
    elements.count == 1 ? elements[0] : "[\(elements.joined(separator: ","))]"
}

private func quoted(_ text: String) -> String {
    "\"\(text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\""))\""
}
