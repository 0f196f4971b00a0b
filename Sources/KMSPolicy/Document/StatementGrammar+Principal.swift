extension StatementGrammar {
    private static let kinds = ["AWS", "Service", "Federated", "CanonicalUser"]

    func principals(
        _ element: PolicyElement, isNegated: Bool
    ) throws(PolicyError) -> Selection<PrincipalPattern> {
        let name = isNegated ? "NotPrincipal" : "Principal"
        guard kind != .identity else {
            throw element.error("an identity's policy has no \(name): it is about the identity that has it")
        }
        guard kind != .trust || !isNegated else {
            throw element.error("a trust policy has no NotPrincipal: name who may assume the role")
        }
        var patterns: [PrincipalPattern] = []
        if case .string(let text) = element.node.value {
            guard text == "*" else {
                throw element.error("\(name) must be \"*\" or an object, as in {\"AWS\": \(quoted(text))}")
            }
            patterns = [.everyone]
        } else {
            for (kind, element) in try element.members(as: name) {
                for element in element.list {
                    patterns.append(try principal(element, kind))
                }
            }
        }
        guard !patterns.isEmpty else { throw element.error("\(name) must name at least one principal") }
        return Selection(isNegated: isNegated, patterns: patterns, place: element.place)
    }

    private func principal(_ element: PolicyElement, _ kind: String) throws(PolicyError) -> PrincipalPattern {
        guard Self.kinds.contains(kind) else {
            throw element.error(
                "there is no kind of principal \(quoted(kind)): \(remedy(for: kind, among: Self.kinds))")
        }
        let text = try element.text(as: "a principal")
        if kind == "AWS", text == "*" { return .everyone }
        guard !text.utf8.contains(where: { $0 == UInt8(ascii: "*") || $0 == UInt8(ascii: "?") }) else {
            throw element.error(
                "the principal \(quoted(text)) holds a wildcard: name it whole, or use \"AWS\": \"*\" with a condition"
                    + " on aws:PrincipalArn")
        }
        switch kind {
        case "Service":
            guard text.contains("."), text.utf8.allSatisfy({ $0.isASCIIAlphanumeric || $0 == 0x2D || $0 == 0x2E })
            else { throw element.error("\(quoted(text)) is no service: use a name like logs.amazonaws.com") }
            return .service(text)
        case "Federated":
            guard !text.isEmpty else { throw element.error("the federated principal is empty: name a provider") }
            return .federated(text)
        case "CanonicalUser":
            guard !text.isEmpty, text.utf8.allSatisfy(\.isASCIIAlphanumeric) else {
                throw element.error("\(quoted(text)) is no canonical user id: use 64 hexadecimal digits")
            }
            return .canonicalUser(text)
        default:
            guard let pattern = PrincipalPattern(identity: text) else {
                throw element.error("\(quoted(text)) is no principal: \(Self.remedyForPrincipal(text))")
            }
            return pattern
        }
    }

    private static func remedyForPrincipal(_ text: String) -> String {
        if text.contains(":group/") { return "a group cannot be one; name its users, or a role" }
        return "use an account's id, or the ARN of an account's root, a user, a role or a role session"
    }
}

extension PrincipalPattern {
    /// - Parameter text: What may stand under `AWS` but for `*`: an account's id, an ARN or a unique id. Nil for
    ///   anything else.
    package init?(identity text: String) {
        if Self.isAccount(text[...]) {
            self = .account(text)
        } else if text.hasPrefix("AIDA") || text.hasPrefix("AROA") {
            guard 16...128 ~= text.utf8.count, text.utf8.allSatisfy(\.isASCIIAlphanumeric) else { return nil }
            self = .uniqueID(text)
        } else {
            let parts = text.split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false)
            guard parts.count == 6, parts[0] == "arn", parts[1].hasPrefix("aws"), parts[3].isEmpty,
                Self.isAccount(parts[4])
            else { return nil }
            if parts[2] == "iam", parts[5] == "root" {
                self = .account(String(parts[4]))
            } else if Self.isIdentity(service: parts[2], parts[5]) {
                self = .arn(text)
            } else {
                return nil
            }
        }
    }

    private static func isAccount(_ text: Substring) -> Bool {
        text.utf8.count == 12 && text.utf8.allSatisfy(\.isASCIIDigit)
    }

    /// - Parameter resource: The ARN's last part, as in `user/path/name`.
    private static func isIdentity(service: Substring, _ resource: Substring) -> Bool {
        let parts = resource.split(separator: "/", omittingEmptySubsequences: false)
        guard let name = parts.last, isName(name) else { return false }
        return switch (service, parts[0]) {
        case ("iam", "user"), ("iam", "role"):
            parts.count > 1 && parts.dropFirst().dropLast().allSatisfy(isPathPart)
        case ("sts", "assumed-role"): parts.count == 3 && isName(parts[1])
        case ("sts", "federated-user"): parts.count == 2
        default: false
        }
    }

    /// With the colon that roles of AWS's services have, as in `aws:ec2-infrastructure`.
    private static func isName(_ text: Substring) -> Bool {
        !text.isEmpty && text.utf8.allSatisfy { $0.isASCIIAlphanumeric || "_+=,.@-:".utf8.contains($0) }
    }

    private static func isPathPart(_ text: Substring) -> Bool {
        !text.isEmpty && text.utf8.allSatisfy { 0x21...0x7E ~= $0 }
    }
}
