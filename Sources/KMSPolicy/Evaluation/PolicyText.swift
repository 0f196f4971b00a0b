/// A value in a policy, with its wildcards and variables, made ready to be compared.
enum PolicyText: Hashable, Sendable {
    case fixed(WildcardPattern)
    /// With variables, which every request has other values for.
    case variable([Part])

    enum Part: Hashable, Sendable {
        /// As in a pattern's bytes.
        case literal([UInt8])
        case variable(ConditionKey, fallback: String?)
    }

    init(_ parts: [Part]) {
        var bytes: [UInt8] = []
        for part in parts {
            guard case .literal(let literal) = part else {
                self = .variable(parts)
                return
            }
            bytes += literal
        }
        self = .fixed(WildcardPattern(bytes: bytes))
    }

    /// - Parameter ignoringCase: Of ASCII letters in the subject; the text is in lower case then.
    func matches(_ subject: Span<UInt8>, _ context: any ConditionContext, ignoringCase: Bool = false) -> Bool {
        switch self {
        case .fixed(let pattern): pattern.matches(subject, ignoringCase: ignoringCase)
        case .variable(let parts):
            Self.pattern(parts, context, ignoringCase: ignoringCase)?.matches(subject, ignoringCase: ignoringCase)
                ?? false
        }
    }

    /// The pattern that a request makes of a text with variables; nil if it has no value for one of them. What a
    /// variable stands for has no wildcards, so that nobody gets more by calling himself an asterisk.
    private static func pattern(
        _ parts: [Part], _ context: any ConditionContext, ignoringCase: Bool
    ) -> WildcardPattern? {
        var bytes: [UInt8] = []
        for part in parts {
            switch part {
            case .literal(let literal): bytes += literal
            case .variable(let key, let fallback):
                let value: String
                switch context.values(of: key) {
                case .one(let text): value = text
                case .absent, .several:
                    guard let fallback else { return nil }
                    value = fallback
                }
                bytes += (ignoringCase ? value.lowercased() : value).utf8
            }
        }
        return WildcardPattern(bytes: bytes)
    }
}
