package import KMSCore
import KMSPolicy

/// STS, but for roles.
extension IdentityStore {
    /// Never refused.
    package func callerIdentity(by context: CallContext) -> CallerDescription {
        CallerDescription(
            userID: context.caller.policyCaller.userID, account: context.principal.account,
            arn: context.principal.arn)
    }

    /// Temporary credentials of the caller, a user or an account's root. They can do what it can, but call IAM only
    /// with a multi-factor code.
    ///
    /// - Parameter duration: In seconds, 900 to 129,600; nil for 12 hours. A root's session has an hour at the most.
    package func sessionToken(
        duration: Int?, _ multiFactor: MultiFactorCode?, by context: CallContext
    ) async throws(KMSError) -> TemporaryCredentials {
        let caller = context.caller.policyCaller
        guard (900...129_600).contains(duration ?? 900) else {
            throw KMSError(.validation, "DurationSeconds has to be from 900 to 129,600.")
        }
        guard context.caller.session == nil, caller.kind == .user || caller.kind == .root else {
            throw KMSError(.accessDenied, "Cannot call GetSessionToken with session credentials")
        }
        try checkThatNothingDenies("sts:GetSessionToken", by: context)
        var plan = SessionPlan(
            kind: .user, account: context.principal.account, issuerID: caller.userID, arn: context.principal.arn,
            name: "",
            duration: caller.kind == .root ? min(duration ?? 3600, 3600) : duration ?? 43_200)
        if let multiFactor { plan.multiFactorDate = try await takeCode(multiFactor, by: context) }
        return try await issue(plan, by: context) { .object(("credentials", .credentials($0))) }
    }

    /// What needs no permission can still be forbidden.
    private func checkThatNothingDenies(_ action: String, by context: CallContext) throws(KMSError) {
        let decision = decide(action, on: "*", by: context, with: [:], nil)
        guard case .denied = decision.reason else { return }
        context.draft.note(action, on: "*", decision)
        throw .accessDenied(action, on: "*", by: context, because: decision.refusal(of: action))
    }
}
