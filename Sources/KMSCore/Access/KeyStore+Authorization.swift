import KMSPolicy
import Synchronization

extension KeyStore {
    /// Throws `accessDenied` unless the caller may do `action` to `resource`. Every use case asks before it looks at a
    /// key's state, and whatever is decided is noted for the record.
    ///
    /// - Parameter named: The ARN of what the caller named, which is all that a refusal tells; nil if it is the
    ///   resource's own.
    func authorize(
        _ action: KMSAction, on resource: Resource, by context: CallContext,
        with conditions: RequestConditions = .none, alias: String? = nil, named: String? = nil
    ) throws(KMSError) {
        try quotas.spend(action, for: resource, pairSpec: conditions.dataKeyPairSpec, by: context)
        let decision = decide(action, on: resource, by: context, with: conditions, alias: alias)
        context.draft.note(action.policyName, on: resource.arn, decision)
        if let type = resource.type {
            context.draft.note(
                AuditRecord.Resource(arn: resource.arn, account: resource.scope.account, type: type))
        }
        guard decision.isAllowed else {
            throw refusal(of: action, on: resource, named: named ?? resource.arn, by: context, conditions, decision)
        }
    }

    func decide(
        _ action: KMSAction, on resource: Resource, by context: CallContext, with conditions: RequestConditions,
        alias: String? = nil, keyPolicy: CompiledPolicy? = nil
    ) -> Decision {
        let check = AccessCheck(
            context: context, conditions: conditions, resource: resource, now: clock.now, requestAlias: alias,
            aliases: { [self] in aliasNames(of: resource) })
        return Decision.of(
            action, on: resource, by: context.caller, check, encryptionContext: conditions.encryptionContext?.pairs,
            keyPolicy: keyPolicy, usable: { conditions.grants.among($0) })
    }

    /// Throws what a caller is told of a key or alias that is not there: that it is not, if its identity policies would
    /// let it do the action, and else what it would be told if it were there.
    func refuseMissing(
        _ arn: String, for action: KMSAction, in account: AccountID, by context: CallContext,
        with conditions: RequestConditions, otherwise missing: KMSError
    ) throws(KMSError) -> Never {
        try quotas.spend(action, for: Resource.account(context.scope), by: context)
        let decision = identityDecision(action, on: arn, by: context, with: conditions)
        if account == context.principal.account, decision.isAllowed { throw missing }
        let shown = decision.isAllowed ? Decision(.notAllowed(by: .resourcePolicy)) : decision
        context.draft.note(action.policyName, on: arn, shown)
        throw Self.accessDenied(action, on: arn, by: context, because: shown.refusal(of: action.policyName))
    }

    /// What else stands in the way is told only to those of the account whom their own policies let do it to what they
    /// named, and who would be told so if nothing were there: to all others it would tell that the key, or the alias,
    /// is there.
    private func refusal(
        of action: KMSAction, on resource: Resource, named arn: String, by context: CallContext,
        _ conditions: RequestConditions, _ decision: Decision
    ) -> KMSError {
        // On the name that they gave, as for one that is not there.
        var shown = identityDecision(action, on: arn, by: context, with: conditions)
        if shown.isAllowed {
            let isOwn = resource.scope.account == context.principal.account
            shown = isOwn ? decision : Decision(.notAllowed(by: .resourcePolicy))
        }
        return Self.accessDenied(action, on: arn, by: context, because: shown.refusal(of: action.policyName))
    }

    private func identityDecision(
        _ action: KMSAction, on arn: String, by context: CallContext, with conditions: RequestConditions
    ) -> Decision {
        let check = AccessCheck(
            context: context, conditions: conditions, resource: .account(context.scope), now: clock.now,
            requestAlias: nil, aliases: { [] })
        return Decision.byIdentity(
            PolicyQuestion(action: action.policyName, resource: arn, context: check),
            by: context.caller.policyCaller, context.caller.policies)
    }

    private static func accessDenied(
        _ action: KMSAction, on arn: String, by context: CallContext, because reason: String
    ) -> KMSError {
        KMSError(
            .accessDenied,
            "User: \(context.principal.arn) is not authorized to perform: \(action.policyName) on resource: \(arn) "
                + reason
        )
    }

    private func aliasNames(of resource: Resource) -> [String] {
        guard case .key(let entry) = resource else { return [] }
        return table.withLock { $0.aliasNames(of: entry.key.address) }
    }
}
