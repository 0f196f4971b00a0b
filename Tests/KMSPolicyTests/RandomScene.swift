import KMSPolicy

/// A key, and callers that ask for it, each with policies of its own; all made of one seed.
struct RandomScene {
    struct Caller {
        /// Tells apart two of the same name.
        let number: Int
        var caller: PolicyCaller
        var identity: [ReferencePolicy]
        var boundary: ReferencePolicy?
        var session: [ReferencePolicy]?
    }

    var keyPolicy: ReferencePolicy
    var principalIDs: [String: String]
    var grants: [GrantPermission]
    var callers: [Caller]

    init(using random: inout RandomPolicies, callers count: Int) {
        let callers = (0..<count).map { Caller($0, using: &random) }
        self.callers = callers
        keyPolicy = random.keyPolicy(for: callers.map(\.caller))
        principalIDs = [:]
        for arn in RandomAlphabet.uniqueIDs.keys.sorted() where random.isChosen(50) {
            principalIDs[arn] = random.uniqueID(of: arn)
        }
        grants = (0..<random.number(0...3)).map { random.grant(id: "grant-\($0)", among: callers.map(\.caller)) }
    }

    /// The reference that decides for one of the callers.
    func reference(_ caller: Caller) -> ReferenceEvaluator {
        ReferenceEvaluator(
            keyPolicy: keyPolicy, keyAccount: RandomAlphabet.keyAccount, principalIDs: principalIDs, grants: grants,
            caller: caller.caller, identity: caller.identity, boundary: caller.boundary, session: caller.session)
    }
}

extension RandomScene.Caller {
    init(_ number: Int, using random: inout RandomPolicies) {
        self.number = number
        // Most are of the key's account.
        let isOwn = random.isChosen(50)
        caller = random.one(of: RandomAlphabet.callers.filter { !isOwn || $0.account == RandomAlphabet.keyAccount })
        identity = []
        switch caller.kind {
        case .root, .service: return
        case .user: break
        case .roleSession, .federatedUser:
            if random.isChosen(30) {
                session = (0..<random.number(1...2)).map { _ in random.identityPolicy(breadth: 40) }
            }
        }
        identity = (0..<random.number(0...2)).map { _ in random.identityPolicy(breadth: 50) }
        if random.isChosen(25) { boundary = random.identityPolicy(breadth: 40) }
    }
}

/// What the engine makes of the same policies, all made ready once.
struct EngineEvaluator {
    let caller: PolicyCaller
    let policies: CallerPolicies
    let keyPolicy: CompiledPolicy
    let keyAccount: String
    let grants: [GrantPermission]

    init(_ reference: ReferenceEvaluator, keyPolicy: CompiledPolicy? = nil) throws {
        func compiled(_ policy: ReferencePolicy, _ source: PolicySource) throws -> CompiledPolicy {
            CompiledPolicy(try PolicyDocument(parsing: policy.json, as: .identity), source: source)
        }
        caller = reference.caller
        policies = CallerPolicies(
            identity: try reference.identity.enumerated().map { try compiled($1, .identityPolicy("\($0)")) },
            boundary: try reference.boundary.map { try compiled($0, .permissionsBoundary("limit")) },
            session: try reference.session?.map { try compiled($0, .sessionPolicy) })
        self.keyPolicy = try keyPolicy ?? Self.keyPolicy(reference)
        keyAccount = reference.keyAccount
        grants = reference.grants
    }

    static func keyPolicy(_ reference: ReferenceEvaluator) throws -> CompiledPolicy {
        CompiledPolicy(
            try PolicyDocument(parsing: reference.keyPolicy.json, as: .key), source: .keyPolicy,
            principalIDs: reference.principalIDs)
    }

    func onKey(_ request: ReferenceRequest) -> Decision {
        Decision.onKey(
            request.question, by: caller, policies, keyPolicy: keyPolicy, keyAccount: keyAccount,
            worksAcrossAccounts: request.worksAcrossAccounts, encryptionContext: request.encryptionContext,
            grants: { grants })
    }

    func byIdentity(_ request: ReferenceRequest) -> Decision {
        Decision.byIdentity(request.question, by: caller, policies)
    }
}

extension Decision {
    var verdict: ReferenceVerdict {
        switch reason {
        case .allowed, .allowedToRoot: .allowed
        case .denied: .denied
        case .notAllowed, .notAcrossAccounts: .notAllowed
        }
    }
}

extension ReferenceEvaluator: CustomStringConvertible {
    /// Enough to repeat a decision by hand.
    var description: String {
        var lines = ["caller: \(caller)", "key policy: \(keyPolicy.json)"]
        if !principalIDs.isEmpty { lines.append("unique ids: \(principalIDs)") }
        lines += identity.map { "identity policy: \($0.json)" }
        if let boundary { lines.append("boundary: \(boundary.json)") }
        lines += (session ?? []).map { "session policy: \($0.json)" }
        lines += grants.map { grant in
            let constraints = "\(grant.constraint.map { "\($0)" } ?? "none"), source \(grant.sourceARN ?? "any")"
            return "grant \(grant.id): \(grant.grantee), \(grant.operations.sorted()), constraint \(constraints)"
        }
        return lines.joined(separator: "\n")
    }
}
