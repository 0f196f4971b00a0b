import KMSPolicy

enum ReferenceVerdict: Hashable { case allowed, denied, notAllowed }

/// Says who may do what, written apart from the engine and straight from the documentation: slow, plain, and without
/// anything made ready beforehand.
struct ReferenceEvaluator {
    var keyPolicy: ReferencePolicy
    var keyAccount: String
    /// The unique ids that the key policy's ARNs stood for when it was stored.
    var principalIDs: [String: String] = [:]
    var grants: [GrantPermission] = []
    var caller: PolicyCaller
    var identity: [ReferencePolicy] = []
    var boundary: ReferencePolicy?
    var session: [ReferencePolicy]?

    func onKey(_ request: ReferenceRequest) -> ReferenceVerdict {
        let isForeign = !isService && caller.account != keyAccount
        let naming =
            keyPolicy.statements.filter { $0.isAllow && applies($0, of: keyPolicy, to: request) }
            .map { self.naming(in: $0) }.max() ?? .other
        if isDeniedByOwn(request) || isDeniedByKeyPolicy(request) { return .denied }
        if isForeign && !request.worksAcrossAccounts { return .notAllowed }
        let isWithinLimits = limits.allSatisfy { isAllowed(request, by: $0) }
        let isDelegated = isWithinLimits && (caller.kind == .root || isAllowed(request, by: identity))
        let isAllowedByPolicy =
            switch naming {
            case .other: false
            case .account: isDelegated
            case .issuer: isForeign ? isDelegated : isWithinLimits
            case .itself: isForeign ? isDelegated : true
            }
        let isGranted = grants.contains { grant in
            switch self.naming(by: grant.grantee) {
            case .other: false
            case .account: isDelegated && allows(grant, request)
            case .issuer, .itself: isWithinLimits && allows(grant, request)
            }
        }
        return isAllowedByPolicy || isGranted ? .allowed : .notAllowed
    }

    func byIdentity(_ request: ReferenceRequest) -> ReferenceVerdict {
        if isDeniedByOwn(request) { return .denied }
        let isAllowed = caller.kind == .root || isAllowed(request, by: identity)
        return isAllowed && limits.allSatisfy { self.isAllowed(request, by: $0) } ? .allowed : .notAllowed
    }

    // MARK: Policies

    private var limits: [[ReferencePolicy]] { [boundary.map { [$0] }, session].compactMap(\.self) }

    private func isDeniedByOwn(_ request: ReferenceRequest) -> Bool {
        (identity + limits.joined()).contains { policy in
            policy.statements.contains { !$0.isAllow && applies($0, of: policy, to: request) }
        }
    }

    private func isDeniedByKeyPolicy(_ request: ReferenceRequest) -> Bool {
        keyPolicy.statements.contains {
            !$0.isAllow && naming(in: $0) != .other && applies($0, of: keyPolicy, to: request)
        }
    }

    private func isAllowed(_ request: ReferenceRequest, by policies: [ReferencePolicy]) -> Bool {
        policies.contains { policy in
            policy.statements.contains { $0.isAllow && applies($0, of: policy, to: request) }
        }
    }

    /// All but the principals.
    func applies(
        _ statement: ReferenceStatement, of policy: ReferencePolicy, to request: ReferenceRequest
    ) -> Bool {
        guard let actions = statement.actions, let resources = statement.resources else { return false }
        let hasAction = actions.items.contains { isLike(request.action.lowercased(), marked($0.lowercased())) }
        let test = ReferenceConditions(request: request, hasVariables: policy.version == "2012-10-17")
        return hasAction != actions.isNot && resources.items.contains(where: test.isResource) != resources.isNot
            && statement.conditions.allSatisfy { test.holds($0, inAllow: statement.isAllow) }
    }

    // MARK: Principals

    /// How near a name comes to the caller, the nearest last.
    private enum Naming: Int, Comparable {
        case other
        /// What it allows, identity policies have to allow too.
        case account
        /// A session by its role or user: what limits the session has to allow it too.
        case issuer
        /// By its own name, or as one of everybody.
        case itself

        static func < (one: Naming, other: Naming) -> Bool { one.rawValue < other.rawValue }
    }

    private var isService: Bool { if case .service = caller.kind { true } else { false } }

    func isNamed(in statement: ReferenceStatement) -> Bool { naming(in: statement) != .other }

    private func naming(in statement: ReferenceStatement) -> Naming {
        guard let principals = statement.principals else { return .other }
        let found = Set(principals.items.map { naming($0, principalIDs[$0.value]) })
        guard principals.isNot else { return found.max() ?? .other }
        // An Allow leaves out who is named in any way. A Deny spares who is named in every way, with account, issuer
        // and session, but nobody with a boundary.
        let isSpared = statement.isAllow ? found != [.other] : boundary == nil && found.isSuperset(of: ways)
        return isSpared ? .other : .itself
    }

    /// In which ways a policy can name the caller.
    private var ways: Set<Naming> {
        switch caller.kind {
        case .root, .service: [.itself]
        case .user: [.account, .itself]
        case .roleSession, .federatedUser: [.account, .issuer, .itself]
        }
    }

    private func naming(by grantee: GrantPermission.Grantee) -> Naming {
        switch grantee {
        case .service(let name): naming(ReferencePrincipal(type: "Service", value: name), nil)
        case .principal(let arn, let id): naming(ReferencePrincipal(value: arn), id)
        }
    }

    private func naming(_ principal: ReferencePrincipal, _ id: String?) -> Naming {
        let value = principal.value
        if value == "*" { return .itself }
        if principal.type == "Service" { return caller.kind == .service(value) ? .itself : .other }
        if isService { return .other }
        if value == caller.account || value == "arn:aws:iam::\(caller.account):root" {
            return caller.kind == .root ? .itself : .account
        }
        let hasID = id == nil || id == caller.userID || id == caller.issuerID
        if value == caller.userID || (value == caller.arn && hasID) { return .itself }
        let isIssuer = value == caller.issuerARN && (id == nil || id == caller.issuerID)
        return isIssuer || value == caller.issuerID ? .issuer : .other
    }

    // MARK: Grants

    func isGranted(_ request: ReferenceRequest, by grant: GrantPermission) -> Bool {
        self.naming(by: grant.grantee) != .other && allows(grant, request)
    }

    private func allows(_ grant: GrantPermission, _ request: ReferenceRequest) -> Bool {
        let operation = String(request.action.dropFirst("kms:".count))
        guard grant.operations.contains(operation) else { return false }
        if operation != "RetireGrant", let pattern = grant.sourceARN {
            guard let source = request.values["aws:sourcearn"]?.first, isARN(source, marked(pattern)) else {
                return false
            }
        }
        if operation == "DescribeKey" || operation == "RetireGrant" { return true }
        let context = request.encryptionContext ?? [:]
        switch grant.constraint {
        case nil: return true
        case .encryptionContextEquals(let pairs): return context == pairs
        case .encryptionContextSubset(let pairs): return pairs.allSatisfy { context[$0.key] == $0.value }
        }
    }
}
