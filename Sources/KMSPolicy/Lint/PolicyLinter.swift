/// Looks through policies and keys for what AWS, the CIS benchmark and security scanners warn of.
package enum PolicyLinter {
    /// What is wrong with a text that is meant to be a policy. One that cannot be read has one finding, with its place.
    package static func findings(
        in text: String, as kind: PolicyDocument.Kind, _ context: LintContext = LintContext()
    ) -> [LintFinding] {
        let document: PolicyDocument
        do {
            document = try PolicyDocument(parsing: text, as: kind)
        } catch {
            // The name that KMS has for this one refusal.
            let isOverlyPermissive = error.message.hasPrefix("OverlyPermissiveCondition")
            return [
                LintFinding(
                    isOverlyPermissive ? .forAllValues : .unreadable, .high, at: .policy(error.place), error.message,
                    remedy: "Correct the policy here; it is refused as it is.")
            ]
        }
        return (DocumentChecks.length(text, kind) + findings(in: document, context)).ordered()
    }

    package static func findings(
        in document: PolicyDocument, _ context: LintContext = LintContext()
    ) -> [LintFinding] {
        let policy = LintedPolicy(document, context)
        return policyChecks.flatMap { check in check(policy) }.ordered()
    }

    /// - Parameter now: In seconds since 1970.
    /// - Parameter policy: The key's, where it could be read.
    package static func findings(in key: LintedKey, policy: String?, now: Int64, _ context: LintContext)
        -> [LintFinding]
    {
        var context = context
        context.keyARN = key.arn
        context.account = ARNText.account(key.arn) ?? context.account
        let onKey = keyChecks.flatMap { check in check(key, now, context) }
        guard let policy else { return onKey.ordered() }
        let document = try? PolicyDocument(parsing: policy, as: .key)
        let both = document.map { AttestationChecks.bypassByGrants(key, LintedPolicy($0, context)) } ?? []
        return (findings(in: policy, as: .key, context) + onKey + both).ordered()
    }

    private static let policyChecks: [@Sendable (LintedPolicy) -> [LintFinding]] = [
        PrincipalChecks.everyone, PrincipalChecks.allowNotPrincipal, PrincipalChecks.denyNotPrincipal,
        DutyChecks.separation, AccountChecks.operations, AccountChecks.unknownPrincipals,
        ServiceChecks.confusedDeputy, ForAllValuesChecks.qualifiers, ConditionChecks.availability,
        ConditionChecks.operators, ConditionChecks.ifExists, ConditionValueChecks.values, WildcardChecks.literal,
        MultiFactorChecks.tests, ResourceChecks.decryptOnAllKeys, ResourceChecks.aliases, ResourceChecks.inert,
        GrantChecks.creation, AdministrationChecks.policyChange, DocumentChecks.version, DocumentChecks.sids,
        DocumentChecks.redundancy, AttestationChecks.bypass,
    ]

    private static let keyChecks: [@Sendable (LintedKey, _ now: Int64, LintContext) -> [LintFinding]] = [
        GrantChecks.grants, AccountChecks.grantees, KeyChecks.rotation, KeyChecks.deletion, KeyChecks.disabled,
        KeyChecks.multiRegion, KeyChecks.unused,
    ]
}

extension [LintFinding] {
    /// By their place in the text, then the most severe first; what is not in a text comes last.
    fileprivate func ordered() -> [LintFinding] {
        enumerated().sorted { a, b in
            (a.element.order, b.element.severity, a.offset) < (b.element.order, a.element.severity, b.offset)
        }.map(\.element)
    }
}

extension LintFinding {
    /// The position in the text.
    fileprivate var order: Int {
        // A policy's text is far shorter than this many characters a line.
        if case .policy(let place) = place { place.line << 24 + min(place.column, 1 << 24 - 1) } else { .max }
    }
}
