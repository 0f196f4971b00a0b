/// Actions and resources.
extension StatementGrammar {
    func actions(_ element: PolicyElement, isNegated: Bool) throws(PolicyError) -> Selection<String> {
        var patterns: [String] = []
        for element in element.list {
            let text = try element.text(as: "an action")
            if let fault = Self.fault(ofAction: text) {
                throw element.error("\(quoted(text)) is no action: \(fault)")
            }
            patterns.append(text)
        }
        return Selection(isNegated: isNegated, patterns: patterns, place: element.place)
    }

    /// Spaces and commas are no fault in AWS's grammar, though no action has them.
    private static func fault(ofAction text: String) -> String? {
        guard text != "*" else { return nil }
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count > 1 else { return "put its service before it, as in kms:Decrypt" }
        guard parts.count == 2 else { return "an action has one colon, as in kms:Decrypt" }
        guard !parts[0].isEmpty, !parts[1].isEmpty else { return "write service and name, as in kms:Decrypt" }
        guard !parts[0].utf8.contains(where: { $0 == UInt8(ascii: "*") || $0 == UInt8(ascii: "?") }) else {
            return "the service cannot hold wildcards; only the name after the colon can"
        }
        return nil
    }

    func resources(_ element: PolicyElement, isNegated: Bool) throws(PolicyError) -> Selection<String> {
        guard kind != .trust else {
            throw element.error("a trust policy has no \(isNegated ? "NotResource" : "Resource"): it is about its role")
        }
        var patterns: [String] = []
        for element in element.list {
            let text = try element.text(as: "a resource")
            guard text == "*" || Self.isARN(text) else {
                throw element.error(
                    "\(quoted(text)) is no resource: use \"*\" or an ARN, which has six parts between colons")
            }
            try checkVariables(in: text, element)
            patterns.append(text)
        }
        return Selection(isNegated: isNegated, patterns: patterns, place: element.place)
    }

    private static func isARN(_ text: String) -> Bool {
        text.hasPrefix("arn:") && text.utf8.count(where: { $0 == UInt8(ascii: ":") }) >= 5
    }

    /// - Parameter text: Of an element in which variables have a meaning.
    func checkVariables(in text: String, _ element: PolicyElement) throws(PolicyError) {
        guard version == .v2012 else { return }
        guard let parts = PolicyText.parts(of: text, variables: true) else {
            throw element.error(
                "a variable in \(quoted(text)) is not well-formed: write ${key}, ${key, 'default'} or ${$} for a dollar"
            )
        }
        for case .variable(let key, _) in parts where key.isMultivalued {
            throw element.error(
                "a variable in \(quoted(text)) is of a condition key with several values: use one with a single value")
        }
    }
}
