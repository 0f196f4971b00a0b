extension PolicyCase {
    /// The first grant that allows it, for a caller to whom policies do not.
    ///
    /// Boundary and session policy limit what is granted, and what an account is granted its identity policies have to
    /// pass on.
    func allowance(by grants: [GrantPermission], _ encryptionContext: [String: String]?) -> Decision? {
        let operation = String(question.action.split(separator: ":").last ?? "")
        for grant in grants {
            guard let match = grant.principal?.match(caller),
                grant.allows(operation, encryptionContext, question.context)
            else { continue }
            let isAllowed =
                switch match {
                case .itself, .issuer: limit() == nil
                case .account: decisionByIdentity().isAllowed
                }
            if isAllowed { return Decision(.allowed(by: .grant(id: grant.id), statement: nil)) }
        }
        return nil
    }
}

extension GrantPermission {
    /// Whether the grant is for the operation and its constraints are met (API reference, "GrantConstraints"). Whom it
    /// is for is not looked at.
    fileprivate func allows(
        _ operation: String, _ encryptionContext: [String: String]?, _ context: any ConditionContext
    ) -> Bool {
        guard operations.contains(operation) else { return false }
        return switch operation {
        case "RetireGrant": true
        case "DescribeKey": admitsSource(context)
        default: admitsSource(context) && constraint?.admits(encryptionContext) ?? true
        }
    }

    private func admitsSource(_ context: any ConditionContext) -> Bool {
        guard sourceARN != nil else { return true }
        guard let sourcePattern, case .one(let source) = context.values(of: .named(.sourceARN)) else { return false }
        return sourcePattern.matches(source.utf8Span.span, context)
    }
}

extension GrantPermission.Constraint {
    /// - Parameter encryptionContext: Nil for a request that has none by its nature, which no constraint admits.
    fileprivate func admits(_ encryptionContext: [String: String]?) -> Bool {
        guard let encryptionContext else { return false }
        switch self {
        case .encryptionContextEquals(let pairs):
            return pairs.count == encryptionContext.count && Self.holds(encryptionContext, pairs)
        case .encryptionContextSubset(let pairs): return Self.holds(encryptionContext, pairs)
        }
    }

    private static func holds(_ encryptionContext: [String: String], _ pairs: [String: String]) -> Bool {
        pairs.allSatisfy { key, value in
            // Strings that look alike are equal in Swift; the additional data of a ciphertext is its bytes.
            guard let index = encryptionContext.index(forKey: key) else { return false }
            let (otherKey, otherValue) = encryptionContext[index]
            return otherKey.utf8.elementsEqual(key.utf8) && otherValue.utf8.elementsEqual(value.utf8)
        }
    }
}
