extension ConditionOperator {
    /// - Parameter name: As in `ForAnyValue:StringLikeIfExists`. Nil for one that does not exist.
    package init?(_ name: String) {
        var rest = name[...]
        var qualifier: Qualifier?
        if let colon = rest.firstIndex(of: ":") {
            guard let known = Qualifier(rawValue: String(rest[..<colon])) else { return nil }
            qualifier = known
            rest = rest[rest.index(after: colon)...]
        }
        let ifExists = rest.hasSuffix("IfExists")
        if ifExists { rest = rest.dropLast("IfExists".count) }
        guard let base = Base(rawValue: String(rest)), !(ifExists && base == .null) else { return nil }
        self.init(base, qualifier: qualifier, ifExists: ifExists)
    }

    /// As it is written in a policy.
    package var name: String {
        "\(qualifier.map { "\($0.rawValue):" } ?? "")\(base.rawValue)\(ifExists ? "IfExists" : "")"
    }

    static func fault(of name: String) -> String {
        let bare = name.split(separator: ":").last.map(String.init) ?? name
        if bare == "NullIfExists" {
            return "there is no condition operator \(quoted(name)): Null itself asks whether the key exists"
        }
        let known = Base.allCases.flatMap { base in
            Qualifier.allCases.map { "\($0.rawValue):\(base.rawValue)" } + [base.rawValue]
        }
        let meant = (known + known.map { "\($0)IfExists" }).first { $0.lowercased() == name.lowercased() }
        return "there is no condition operator \(quoted(name)): "
            + (meant.map { "write \(quoted($0)): case matters" }
                ?? "use one like StringEquals, with ForAnyValue: or ForAllValues: before or IfExists behind it")
    }
}

extension ConditionOperator.Base {
    /// Whether it is true of what none of the listed values fits.
    package var isNegated: Bool {
        switch self {
        case .stringNotEquals, .stringNotEqualsIgnoreCase, .stringNotLike, .numericNotEquals, .dateNotEquals,
            .notIPAddress, .arnNotEquals, .arnNotLike:
            true
        default: false
        }
    }

    /// Whether `${…}` in its values stands for a value of the request.
    package var allowsVariables: Bool {
        switch self {
        case .stringEquals, .stringNotEquals, .stringEqualsIgnoreCase, .stringNotEqualsIgnoreCase, .stringLike,
            .stringNotLike, .bool, .arnEquals, .arnNotEquals, .arnLike, .arnNotLike, .null:
            true
        default: false
        }
    }
}

extension ConditionKey {
    /// Whether a request can have several values for it.
    package var isMultivalued: Bool {
        guard case .named(let name) = self else { return false }
        switch name {
        case .calledVia, .encryptionContextKeys, .grantOperations, .principalServiceNamesList, .resourceAliases,
            .tagKeys, .transitiveTagKeys:
            return true
        default: return false
        }
    }
}
