/// Services that may be acting for anybody (L12).
enum ServiceChecks {
    @Sendable static func confusedDeputy(_ policy: LintedPolicy) -> [LintFinding] {
        guard policy.isKeyPolicy else { return [] }
        return policy.allows.compactMap { statement in
            let services = statement.principals.compactMap { principal -> String? in
                if case .service(let name) = principal { name } else { nil }
            }
            guard !services.isEmpty, !statement.requires(saysForWhom) else { return nil }
            let onlyReads = statement.actions.allSatisfy { $0.access == .read || $0.access == .list }
            return LintFinding(
                .servicePrincipal, onlyReads ? .low : .medium, at: statement.principalsPlace,
                "\(statement.name) allows \(listed(services)) whichever account's resource it acts for",
                remedy: "Add a condition on aws:SourceAccount (StringEquals) or aws:SourceArn (ArnLike).")
        }
    }

    /// Whether a condition key says for which resource or account a service acts. Services that keep to it put their
    /// resource's ARN into the encryption context, as CloudWatch Logs does.
    private static func saysForWhom(_ key: ConditionKey) -> Bool {
        switch key {
        case .named(.sourceARN), .named(.sourceAccount), .named(.callerAccount), .named(.grantConstraintSourceARN),
            .encryptionContext:
            true
        case .other(let text): text == "aws:sourceorgid" || text == "aws:sourceorgpaths"
        default: false
        }
    }
}
