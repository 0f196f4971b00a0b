/// Reads statements. Each of its files reads one kind of element.
struct StatementGrammar {
    let kind: PolicyDocument.Kind
    let version: PolicyDocument.Version

    private static let elements = [
        "Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition",
    ]

    /// - Parameter element: One statement, or an array of them.
    func statements(_ element: PolicyElement) throws(PolicyError) -> [PolicyStatement] {
        let elements = element.list
        guard !elements.isEmpty else { throw element.error("a policy needs at least one statement") }
        var sids: Set<String> = []
        var statements: [PolicyStatement] = []
        for (index, element) in elements.enumerated() {
            statements.append(try statement(element, index: index, &sids))
        }
        return statements
    }

    /// - Parameter sids: Of the statements before it.
    private func statement(
        _ element: PolicyElement, index: Int, _ sids: inout Set<String>
    ) throws(PolicyError) -> PolicyStatement {
        let members = try element.members(as: "a statement")
        let names = members.map(\.name)
        try checkPresence(of: names, in: element)

        var sid: String?
        var effect = PolicyStatement.Effect.deny
        var principals: Selection<PrincipalPattern>?
        var actions: Selection<String>?
        var resources: Selection<String>?
        var conditions: [PolicyCondition] = []
        for (name, element) in members {
            switch name {
            case "Sid": sid = try self.sid(element, &sids)
            case "Effect": effect = try self.effect(element)
            case "Principal", "NotPrincipal":
                try checkAlone(name, names, element)
                principals = try self.principals(element, isNegated: name == "NotPrincipal")
            case "Action", "NotAction":
                try checkAlone(name, names, element)
                actions = try self.actions(element, isNegated: name == "NotAction")
            case "Resource", "NotResource":
                try checkAlone(name, names, element)
                resources = try self.resources(element, isNegated: name == "NotResource")
            case "Condition": conditions = try self.conditions(element)
            default:
                let remedy = remedy(for: name, among: Self.elements)
                throw element.error("a statement has no element \(quoted(name)): \(remedy)")
            }
        }
        return PolicyStatement(
            index: index, sid: sid, effect: effect, principals: principals, actions: actions, resources: resources,
            conditions: conditions, place: element.place)
    }

    // MARK: What has to be there

    private func checkPresence(of names: [String], in element: PolicyElement) throws(PolicyError) {
        func lacks(_ name: String) -> Bool { !names.contains(name) && !names.contains("Not\(name)") }
        // A misspelt element is told by its name, not as a missing one.
        let hasUnknown = names.contains { !Self.elements.contains($0) }
        guard !hasUnknown else { return }
        if lacks("Effect") { throw element.error("a statement needs the element \"Effect\"") }
        if kind != .identity, lacks("Principal") {
            throw element.error("a statement of this policy needs the element \"Principal\"")
        }
        // KMS takes key policies without them, and never applies the statement.
        if kind != .key, lacks("Action") {
            throw element.error("a statement needs the element \"Action\" or \"NotAction\"")
        }
        if kind == .identity, lacks("Resource") {
            throw element.error("a statement needs the element \"Resource\" or \"NotResource\"")
        }
    }

    /// That an element and its opposite are not both there; told at the second of them.
    private func checkAlone(_ name: String, _ names: [String], _ element: PolicyElement) throws(PolicyError) {
        let opposite = name.hasPrefix("Not") ? String(name.dropFirst(3)) : "Not\(name)"
        guard let other = names.firstIndex(of: opposite), let own = names.firstIndex(of: name), other < own else {
            return
        }
        throw element.error("a statement has either \(quoted(opposite)) or \(quoted(name)): remove one of them")
    }

    // MARK: Sid and Effect

    private func sid(_ element: PolicyElement, _ sids: inout Set<String>) throws(PolicyError) -> String {
        let sid = try element.text(as: "Sid")
        guard kind != .key else { return sid }
        guard sid.utf8.allSatisfy(\.isASCIIAlphanumeric) else {
            throw element.error("the Sid \(quoted(sid)) may hold the letters A-Z and a-z and digits only")
        }
        guard sid.isEmpty || sids.insert(sid).inserted else {
            throw element.error("the Sid \(quoted(sid)) is another statement's: give each its own")
        }
        return sid
    }

    private func effect(_ element: PolicyElement) throws(PolicyError) -> PolicyStatement.Effect {
        let text = try element.text(as: "Effect")
        guard let effect = PolicyStatement.Effect(rawValue: text) else {
            throw element.error("there is no Effect \(quoted(text)): \(remedy(for: text, among: ["Allow", "Deny"]))")
        }
        return effect
    }
}

extension UInt8 {
    var isASCIIAlphanumeric: Bool { isASCIILetter || isASCIIDigit }
    var isASCIIDigit: Bool { UInt8(ascii: "0")...UInt8(ascii: "9") ~= self }
    var isASCIILetter: Bool { UInt8(ascii: "a")...UInt8(ascii: "z") ~= self | 0x20 }
}
