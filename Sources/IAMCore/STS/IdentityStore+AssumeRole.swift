package import KMSCore
import KMSPolicy

extension IdentityStore {
    /// Temporary credentials of a role, if its trust policy and the caller's policies let the caller have them. From a
    /// service also such of a user or of a role's session: see ``forward(_:by:)``.
    ///
    /// A refusal is in the same words whether the role is there or not.
    package func assumeRole(
        _ request: AssumeRoleRequest, by context: CallContext
    ) async throws(KMSError) -> AssumedRole {
        try request.check(tagLimit: limits.tags)
        guard request.roleARN.utf8.count <= 2048, let target = PrincipalARN(request.roleARN) else {
            throw KMSError(.validation, "\(request.roleARN.prefix(64)) is invalid: RoleArn has to be a role's ARN.")
        }
        if case .service(let service) = context.caller.policyCaller.kind, target.isForwarded {
            return try await forward(request, for: target, through: service, by: context)
        }
        let origin = try origin(of: context)
        let multiFactorDate = try await takeCodeIfGiven(request.multiFactor, by: context)
        let attributes = try SessionAttributes(request, from: origin)
        let role = try findRole(target, for: request, attributes, multiFactorDate, by: context)
        return try await issue(role, for: request, attributes, multiFactorDate, isChained: origin != nil, by: context)
    }

    private func takeCodeIfGiven(
        _ code: MultiFactorCode?, by context: CallContext
    ) async throws(KMSError) -> Timestamp? {
        guard let code else { return nil }
        return try await takeCode(code, by: context)
    }

    /// The role's session that the caller has, if it has one. Throws for callers that cannot assume roles.
    private func origin(of context: CallContext) throws(KMSError) -> Session? {
        let caller = context.caller
        guard caller.policyCaller.kind != .root else {
            throw KMSError(.accessDenied, "Roles may not be assumed by root accounts.")
        }
        guard let facts = caller.session else { return nil }
        guard facts.viaService == nil else {
            throw KMSError(.accessDenied, "Roles may not be assumed by a service for somebody else.")
        }
        guard caller.policyCaller.kind == .roleSession else { return nil }
        guard let session = read({ $0.sessions[caller.accessKeyID]?.session }) else {
            throw KMSError(.unfitCredentials, "The session has ended; get another.")
        }
        return session
    }

    /// The role, if the caller may assume it so.
    private func findRole(
        _ target: PrincipalARN, for request: AssumeRoleRequest, _ attributes: SessionAttributes,
        _ multiFactorDate: Timestamp?, by context: CallContext
    ) throws(KMSError) -> Identity {
        var entry: IdentityEntry?
        if case .identity(let name, let account) = target, name.kind == .role {
            entry = read { $0.identity(name, in: account) }
            if entry?.identity.arn != request.roleARN { entry = nil }
        }
        var actions = ["sts:AssumeRole"]
        if !attributes.tags.isEmpty { actions.append("sts:TagSession") }
        if attributes.sourceIdentity != nil { actions.append("sts:SetSourceIdentity") }
        let conditions = Self.conditions(of: request, attributes, multiFactorDate)
        for action in actions {
            let decision = decide(action, on: entry, request.roleARN, by: context, conditions)
            context.draft.note(action, on: request.roleARN, decision)
            guard decision.isAllowed else { throw .accessDenied(action, on: request.roleARN, by: context) }
        }
        // Without a role nothing was allowed.
        guard let role = entry?.identity else {
            throw .accessDenied("sts:AssumeRole", on: request.roleARN, by: context)
        }
        context.draft.note(
            AuditRecord.Resource(arn: role.arn, account: role.key.account, type: "AWS::IAM::Role"))
        return role
    }

    private func decide(
        _ action: String, on role: IdentityEntry?, _ arn: String, by context: CallContext,
        _ conditions: [ConditionKey: ConditionValues]
    ) -> Decision {
        guard let role, let trust = role.trust else { return Decision(.notAllowed(by: .resourcePolicy)) }
        let account = role.identity.key.account.description
        let actual = IAMResource.Actual(arn: arn, tags: role.identity.tags)
        let check = IdentityConditions(
            global: GlobalConditions(context, at: clock.now),
            own: conditions.adding([.named(.resourceAccount): .one(account)]), resourceTags: actual.tags)
        return Decision.onRole(
            PolicyQuestion(action: action, resource: arn, context: check), by: context.caller.policyCaller,
            context.caller.policies, trustPolicy: trust, roleAccount: account)
    }

    private static func conditions(
        of request: AssumeRoleRequest, _ attributes: SessionAttributes, _ multiFactorDate: Timestamp?
    ) -> [ConditionKey: ConditionValues] {
        var conditions = [ConditionKey: ConditionValues].tags(IAMTags.list(attributes.tags))
        conditions[.named(.roleSessionName)] = .one(request.sessionName)
        if let id = request.externalID { conditions[.named(.externalID)] = .one(id) }
        if let source = attributes.sourceIdentity { conditions[ConditionKey("sts:SourceIdentity")] = .one(source) }
        if !attributes.transitiveTagKeys.isEmpty {
            conditions[.named(.transitiveTagKeys)] = .several(attributes.transitiveTagKeys.sorted())
        }
        if multiFactorDate != nil {
            // The code came with this very request.
            conditions[.named(.multiFactorAuthPresent)] = .one("true")
            conditions[.named(.multiFactorAuthAge)] = .one("0")
        }
        return conditions
    }

    private func issue(
        _ role: Identity, for request: AssumeRoleRequest, _ attributes: SessionAttributes,
        _ multiFactorDate: Timestamp?, isChained: Bool, by context: CallContext
    ) async throws(KMSError) -> AssumedRole {
        let duration = request.duration ?? 3600
        guard !isChained || duration <= 3600 else {
            throw KMSError(
                .validation,
                "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining")
        }
        guard duration <= role.maximumSessionDuration else {
            throw KMSError(
                .validation, "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.")
        }
        try request.checkPolicy()
        var plan = SessionPlan(
            kind: .role, account: role.key.account, issuerID: role.uniqueID,
            arn: role.sessionARN(request.sessionName), name: request.sessionName, duration: duration)
        plan.multiFactorDate = multiFactorDate
        plan.policies = try sessionPolicies(of: request, in: role.key.account)
        plan.tags = attributes.tags
        plan.transitiveTagKeys = attributes.transitiveTagKeys
        plan.sourceIdentity = attributes.sourceIdentity
        let packed = try packedSize(of: request, attributes)
        return try await issue(plan, userID: "\(role.uniqueID):\(request.sessionName)", packed, by: context)
    }

    func issue(
        _ plan: SessionPlan, userID: String, _ packedSize: Int?, by context: CallContext
    ) async throws(KMSError) -> AssumedRole {
        let credentials = try await issue(plan, by: context) { session in
            .object(
                ("credentials", .credentials(session)),
                (
                    "assumedRoleUser",
                    .object(("assumedRoleId", .string(userID)), ("arn", .string(plan.arn)))
                ), ("sourceIdentity", plan.sourceIdentity.map { .string($0) }))
        }
        return AssumedRole(
            credentials: credentials, arn: plan.arn, userID: userID, packedPolicySize: packedSize,
            sourceIdentity: plan.sourceIdentity)
    }

    /// The texts of all, as they are now.
    private func sessionPolicies(
        of request: AssumeRoleRequest, in account: AccountID
    ) throws(KMSError) -> [String] {
        var policies = request.policy.map { [$0] } ?? []
        for arn in request.policyARNs {
            guard let entry = read({ $0.policy(arn, for: account) }) else {
                throw KMSError(
                    .validation, "PolicyArns names \(arn.prefix(128)), which the role's account does not have.")
            }
            policies.append(entry.document)
        }
        return policies
    }

    /// In per cent of what there may be; nil for none.
    private func packedSize(
        of request: AssumeRoleRequest, _ attributes: SessionAttributes
    ) throws(KMSError) -> Int? {
        let texts =
            request.policyARNs + attributes.tags.flatMap { [$0.key, $0.value] } + (request.policy.map { [$0] } ?? [])
        guard !texts.isEmpty else { return nil }
        let size = texts.reduce(0) { $0 + $1.utf8.count }
        guard size <= AssumeRoleRequest.packedSize else {
            throw KMSError(
                .packedPolicyTooLarge,
                "Policies and tags of the session take \(size) bytes of \(AssumeRoleRequest.packedSize); give less.")
        }
        return max(1, size * 100 / AssumeRoleRequest.packedSize)
    }
}

extension PrincipalARN {
    /// Whether it is of somebody for whom a service can call, and not of a role.
    fileprivate var isForwarded: Bool {
        switch self {
        case .identity(let name, _): name.kind == .user
        case .roleSession: true
        case .root: false
        }
    }
}
