import KMSPolicy

extension Decision {
    /// What is decided of an action on a resource, for a call and for one that is only rehearsed.
    ///
    /// - Parameters:
    ///   - values: The condition keys'.
    ///   - keyPolicy: In place of the key's own, which may be about to be replaced.
    ///   - usable: Those of the caller's grants that the request may use.
    static func of(
        _ action: KMSAction, on resource: Resource, by caller: CallerIdentity, _ values: any ConditionContext,
        encryptionContext: [String: String]?, keyPolicy: CompiledPolicy? = nil,
        usable: ([GrantPermission]) -> [GrantPermission]
    ) -> Decision {
        let question = PolicyQuestion(action: action.policyName, resource: resource.arn, context: values)
        guard case .key(let entry) = resource else {
            // Names and accounts have no policies of their own, and are nobody else's.
            guard resource.scope.account == caller.principal.account else { return Decision(.notAcrossAccounts) }
            return Decision.byIdentity(question, by: caller.policyCaller, caller.policies)
        }
        return Decision.onKey(
            question, by: caller.policyCaller, caller.policies, keyPolicy: keyPolicy ?? entry.policy(for: action),
            keyAccount: entry.key.address.scope.account.description,
            worksAcrossAccounts: action.worksAcrossAccounts, encryptionContext: encryptionContext,
            grants: { usable(entry.grants.permissions(for: caller.policyCaller)) })
    }
}
