import KMSCore

extension IdentityStore {
    /// Forward access sessions: a service calls for a user, or for a role's session, of its own account. The caller of
    /// what follows is that one, with all that its policies say of it, and `kms:ViaService` tells by whom.
    ///
    /// That the service may is what it means to be configured as one: no policy is asked. Of several sessions by one
    /// ARN it is the last, whose policies, tags and end go on.
    func forward(
        _ request: AssumeRoleRequest, for target: PrincipalARN, through service: String, by context: CallContext
    ) async throws(KMSError) -> AssumedRole {
        guard request.policy == nil, request.policyARNs.isEmpty, request.tags.isEmpty, request.sourceIdentity == nil,
            request.externalID == nil, request.multiFactor == nil
        else {
            throw KMSError(
                .validation,
                "A session by which a service calls for somebody else has that one's policies and tags: leave Policy, "
                    + "PolicyArns, Tags, SourceIdentity, ExternalId and SerialNumber out.")
        }
        guard (900...3600).contains(request.duration ?? 900) else {
            throw KMSError(.validation, "DurationSeconds has to be from 900 to 3,600 for a service.")
        }
        guard var plan = plan(for: target, request.roleARN, of: context.principal.account) else {
            throw .accessDenied("sts:AssumeRole", on: request.roleARN, by: context)
        }
        plan.duration = request.duration ?? 3600
        plan.viaService = service
        context.draft.note(additional: "forwardAccessSession", .bool(true))
        let userID = plan.name.isEmpty ? plan.issuerID : "\(plan.issuerID):\(plan.name)"
        return try await issue(plan, userID: userID, nil, by: context)
    }

    private func plan(for target: PrincipalARN, _ arn: String, of account: AccountID) -> SessionPlan? {
        let now = clock.now
        return read { table in
            switch target {
            case .identity(let name, account):
                guard let user = table.identity(name, in: account)?.identity, user.arn == arn else { return nil }
                return SessionPlan(
                    kind: .forward, account: account, issuerID: user.uniqueID, arn: arn, name: "", duration: 0)
            case .roleSession(let role, _, account):
                guard let role = table.identity(.role(role), in: account),
                    let session = table.newestSession(of: role.id, arn: arn, at: now)?.session
                else { return nil }
                var plan = SessionPlan(
                    kind: .forward, account: account, issuerID: role.id, arn: arn, name: session.name, duration: 0)
                plan.latestEnd = session.expirationDate
                plan.multiFactorDate = session.multiFactorDate
                plan.policies = session.policies
                plan.tags = session.tags
                plan.sourceIdentity = session.sourceIdentity
                return plan
            default:
                return nil
            }
        }
    }
}
