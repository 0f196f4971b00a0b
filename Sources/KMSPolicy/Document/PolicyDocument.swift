/// A policy as it was written, understood and found to be well-formed (IAM User Guide, "Grammar of the IAM JSON policy
/// language").
package struct PolicyDocument: Sendable {
    /// What a policy is attached to, which decides what has to stand in it.
    package enum Kind: Sendable {
        /// To a KMS key: every statement has a principal.
        case key
        /// To a user, role or service, or a boundary or a session policy: no statement has a principal.
        case identity
        /// To a role: says who may assume it; every statement has a principal, and none a resource.
        case trust
    }

    package enum Version: String, Sendable {
        /// Variables are plain text. What a document without a version has.
        case v2008 = "2008-10-17"
        case v2012 = "2012-10-17"
    }

    package let kind: Kind
    package let version: Version
    /// Whether the document says its version.
    package let hasVersion: Bool
    package let id: String?
    package let statements: [PolicyStatement]

    package init(
        kind: Kind, version: Version, hasVersion: Bool, id: String?, statements: [PolicyStatement]
    ) {
        self.kind = kind
        self.version = version
        self.hasVersion = hasVersion
        self.id = id
        self.statements = statements
    }
}

extension PolicyDocument {
    /// The users, roles and sessions that it names as principals, allowed or not.
    package var principalARNs: Set<String> {
        let patterns = statements.flatMap { $0.principals?.patterns ?? [] }
        return Set(patterns.compactMap { if case .arn(let arn) = $0 { arn } else { nil } })
    }
}

/// Where in a policy's text something stands.
package struct PolicyPlace: Hashable, Sendable {
    /// From the document's root, as in `Statement[0].Condition.StringEquals`.
    package let path: String
    /// From 1.
    package let line: Int
    /// In characters, from 1.
    package let column: Int

    package init(path: String, line: Int, column: Int) {
        self.path = path
        self.line = line
        self.column = column
    }
}

/// Why a text is no policy. The message is for its author and says where.
package struct PolicyError: Error, Hashable, Sendable {
    package let message: String
    package let place: PolicyPlace

    package init(_ message: String, at place: PolicyPlace) {
        self.message = message
        self.place = place
    }
}

extension PolicyError: CustomStringConvertible {
    package var description: String {
        "\(message) (line \(place.line), column \(place.column)\(place.path.isEmpty ? "" : ", \(place.path)"))"
    }
}
