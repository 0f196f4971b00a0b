extension Decision {
    /// Decides on an action on a KMS key ("Determining access to AWS KMS keys", AWS KMS Developer Guide).
    ///
    /// - Parameters:
    ///   - keyPolicy: The key's. A policy that could not be read allows nothing: give one without statements.
    ///   - keyAccount: Whose key it is: 12 digits.
    ///   - worksAcrossAccounts: Whether the action is one that callers of other accounts can be allowed.
    ///   - encryptionContext: The request's pairs in the case they came in, which grants compare; nil for requests
    ///     that have none by their nature.
    ///   - grants: The key's grants that may be for the caller; asked only when policies allow nothing.
    package static func onKey(
        _ question: PolicyQuestion, by caller: PolicyCaller, _ policies: CallerPolicies, keyPolicy: CompiledPolicy,
        keyAccount: String, worksAcrossAccounts: Bool, encryptionContext: [String: String]?,
        grants: () -> [GrantPermission]
    ) -> Decision {
        let policyCase = PolicyCase(question: question, caller: caller, policies: policies)
        if let denial = policyCase.denial(keyPolicy) { return denial }
        if caller.isOfAccount, caller.account != keyAccount, !worksAcrossAccounts {
            return Decision(.notAcrossAccounts)
        }
        let decision = policyCase.decision(by: keyPolicy, of: keyAccount)
        return decision.isAllowed ? decision : policyCase.allowance(by: grants(), encryptionContext) ?? decision
    }

    /// Decides on an action that identity policies alone decide on: on an account, an alias, or in IAM.
    package static func byIdentity(
        _ question: PolicyQuestion, by caller: PolicyCaller, _ policies: CallerPolicies
    ) -> Decision {
        let policyCase = PolicyCase(question: question, caller: caller, policies: policies)
        return policyCase.denial(nil) ?? policyCase.decisionByIdentity()
    }

    /// Decides by one resource's policy alone: on callers whose own policies somebody else has looked at, so that naming
    /// their account names them.
    package static func byResourcePolicy(
        _ question: PolicyQuestion, by caller: PolicyCaller, _ policy: CompiledPolicy
    ) -> Decision {
        policy.denial(of: question, to: caller, hasBoundary: false)
            ?? policy.allowance(of: question, to: caller)?.decision ?? Decision(.notAllowed(by: .resourcePolicy))
    }

    /// Decides on sts:AssumeRole of a role with this trust policy.
    package static func onRole(
        _ question: PolicyQuestion, by caller: PolicyCaller, _ policies: CallerPolicies, trustPolicy: CompiledPolicy,
        roleAccount: String
    ) -> Decision {
        let policyCase = PolicyCase(question: question, caller: caller, policies: policies)
        return policyCase.denial(trustPolicy) ?? policyCase.decision(by: trustPolicy, of: roleAccount)
    }
}
