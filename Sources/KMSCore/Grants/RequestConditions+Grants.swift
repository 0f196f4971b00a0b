import KMSPolicy

extension RequestConditions {
    /// Of CreateGrant. The encryption context of a grant is that of its constraint.
    static func creation(of grant: NewGrant, by context: CallContext) throws(KMSError) -> RequestConditions {
        var conditions = try constraint(grant.constraint)
        conditions.others[.named(.grantOperations)] = .several(grant.operations.sorted())
        conditions.others[.named(.grantIsForAWSResource)] = .isForService(context)
        if let sourceARN = grant.sourceARN { conditions.others[.named(.grantConstraintSourceARN)] = .one(sourceARN) }
        switch grant.grantee {
        case .principal(let arn): conditions.others[.named(.granteePrincipal)] = .one(arn)
        case .service(let name): conditions.others[.named(.granteeServicePrincipal)] = .one(name)
        }
        switch grant.retiring {
        case nil: break
        case .principal(let arn): conditions.others[.named(.retiringPrincipal)] = .one(arn)
        case .service(let name): conditions.others[.named(.retiringServicePrincipal)] = .one(name)
        }
        conditions.grants = .wideEnough(for: grant.terms)
        return conditions
    }

    /// Of ListGrants and RevokeGrant.
    static func grantManagement(by context: CallContext) -> RequestConditions {
        RequestConditions(nil, [.named(.grantIsForAWSResource): .isForService(context)])
    }

    /// Of RetireGrant, which the grant itself decides on: to those that it names it is as if they had a grant for that.
    static func retirement(of grant: Grant) throws(KMSError) -> RequestConditions {
        var conditions = try constraint(grant.constraint)
        conditions.grants = .only(grant.retirementPermissions)
        return conditions
    }

    private static func constraint(_ constraint: Grant.Constraint?) throws(KMSError) -> RequestConditions {
        guard let constraint else { return .none }
        return RequestConditions(
            try EncryptionContext(constraint.pairs), [.named(.grantConstraintType): .one(constraint.name)])
    }
}

extension ConditionValues {
    /// Whether a service calls, in its own name or for one of its users.
    fileprivate static func isForService(_ context: CallContext) -> ConditionValues {
        .one(context.caller.isService || context.caller.session?.viaService != nil ? "true" : "false")
    }
}

extension CallerIdentity {
    /// Whether it is a service that calls in its own name.
    var isService: Bool {
        if case .service = policyCaller.kind { true } else { false }
    }
}

extension Grant {
    /// Who may retire it ("Retiring and revoking grants", AWS KMS Developer Guide): the retiring principal, the grantee
    /// if RetireGrant is among its operations, and the account that made it. What an account may do, its identity
    /// policies can pass on.
    fileprivate var retirementPermissions: [GrantPermission] {
        var permitted: [GrantPermission.Grantee] = [.principal(arn: issuingAccount, uniqueID: nil)]
        if let retiringPrincipal {
            permitted.insert(
                retiringPrincipalIsService
                    ? .service(retiringPrincipal) : .principal(arn: retiringPrincipal, uniqueID: retiringID), at: 0)
        }
        if operations.contains("RetireGrant") { permitted.append(permission.grantee) }
        return permitted.map { GrantPermission(id: id, grantee: $0, operations: ["RetireGrant"]) }
    }
}

extension KeyEntry {
    /// The key policy as far as it has a say: "kms:RetireGrant is not effective in a key policy".
    func policy(for action: KMSAction) -> CompiledPolicy {
        action == .retireGrant ? .silent : policy
    }
}

extension CompiledPolicy {
    /// Allows and denies nothing.
    fileprivate static let silent = CompiledPolicy(
        PolicyDocument(kind: .key, version: .v2012, hasVersion: true, id: nil, statements: []), source: .keyPolicy)
}
