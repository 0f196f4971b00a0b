import KMSCore
import KMSPolicy

extension IdentityStore {
    /// Throws `accessDenied` unless the caller may do `action`, as in `iam:CreateUser`. Every use case asks before it
    /// tells anything; what was decided is noted for the record.
    ///
    /// A refusal is the same whether the resource is there or not: it calls it what the caller did, and gives the
    /// reason that there would be if nothing were there. Only who may do the action to what it named learns more.
    func authorize(
        _ action: String, on resource: IAMResource, by context: CallContext,
        with conditions: [ConditionKey: ConditionValues] = [:]
    ) throws(KMSError) {
        try checkThatCredentialsSuit(context.caller)
        let arn = resource.actual?.arn ?? resource.namedARN
        let decision = decide(action, on: arn, by: context, with: conditions, resource.actual)
        context.draft.note(action, on: arn, decision)
        guard !decision.isAllowed else { return }
        let nominal = decide(action, on: resource.namedARN, by: context, with: conditions, nil)
        throw .accessDenied(
            action, on: resource.label, by: context,
            because: (nominal.isAllowed ? decision : nominal).refusal(of: action))
    }

    func decide(
        _ action: String, on arn: String, by context: CallContext,
        with conditions: [ConditionKey: ConditionValues], _ actual: IAMResource.Actual?
    ) -> Decision {
        let own = [ConditionKey: ConditionValues].boundary(actual?.boundary).adding(conditions)
        let check = IdentityConditions(
            global: GlobalConditions(context, at: clock.now),
            own: own.adding([.named(.resourceAccount): .one(context.principal.account.description)]),
            resourceTags: actual?.tags ?? [:])
        return Decision.byIdentity(
            PolicyQuestion(action: action, resource: arn, context: check), by: context.caller.policyCaller,
            context.caller.policies)
    }

    /// What GetSessionToken gave out is for IAM only if a multi-factor code was given for it. What a service was given
    /// to call for somebody is not for IAM at all: it ends with the service, and what IAM makes would not.
    private func checkThatCredentialsSuit(_ caller: CallerIdentity) throws(KMSError) {
        guard caller.session?.viaService == nil else {
            throw KMSError(.unfitCredentials, "Services cannot call IAM for somebody else.")
        }
        guard caller.isUserSession, caller.session?.multiFactorDate == nil else { return }
        throw KMSError(
            .unfitCredentials,
            "Credentials of GetSessionToken cannot call IAM unless they were got with a multi-factor code; use the "
                + "access key, or give GetSessionToken SerialNumber and TokenCode.")
    }
}

extension CallerIdentity {
    /// Whether GetSessionToken gave its credentials out.
    var isUserSession: Bool {
        guard let session, session.viaService == nil else { return false }
        return policyCaller.kind == .user || policyCaller.kind == .root
    }
}

extension KMSError {
    static func accessDenied(
        _ action: String, on resource: String, by context: CallContext, because reason: String = ""
    ) -> KMSError {
        KMSError(
            .accessDenied,
            "User: \(context.principal.arn) is not authorized to perform: \(action) on resource: \(resource)"
                + (reason.isEmpty ? "" : " \(reason)"))
    }

    /// NoSuchEntity, as IAM words it.
    static func noSuch(_ kind: String, _ name: String) -> KMSError {
        KMSError(.notFound, "The \(kind) with name \(name) cannot be found.")
    }

    static func noSuch(_ identity: IdentityName) -> KMSError {
        noSuch(identity.kind.rawValue, identity.name)
    }

    static func noSuchPolicy(_ arn: String) -> KMSError {
        KMSError(.notFound, "Policy \(arn) was not found.")
    }

    /// LimitExceeded, as IAM words it.
    static func quota(_ name: String, _ limit: Int) -> KMSError {
        KMSError(.limitExceeded, "Cannot exceed quota for \(name): \(limit)")
    }
}
