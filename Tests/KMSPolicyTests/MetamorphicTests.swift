import KMSPolicy
import Testing

/// How a decision moves, or stays, when the policies change in a way whose effect is certain. Needs no reference.
@Suite struct `A changed policy` {
    private static let seeds = 1...4 as ClosedRange<UInt64>
    private static let scenesASeed = 12
    private static let requestsACaller = 12

    // MARK: What can only refuse

    @Test(arguments: seeds) func `with another Deny allows nothing new`(seed: UInt64) throws {
        try forScenes(seed) { scene, random in
            let deny = random.keyStatement(isAllow: false)
            scene.keyPolicy.statements.insert(deny, at: random.number(0...scene.keyPolicy.statements.count))
        } expecting: {
            !$1.isAllowed || $0.isAllowed
        }
        try forCallers(seed) { caller, random in
            caller.identity.append(ReferencePolicy(statements: [random.identityStatement(isAllow: false)]))
            caller.boundary?.statements.append(random.identityStatement(isAllow: false))
            caller.session?[0].statements.append(random.identityStatement(isAllow: false))
        } expecting: {
            !$1.isAllowed || $0.isAllowed
        }
    }

    @Test(arguments: seeds) func `that denies everything to everybody refuses even the root`(seed: UInt64) throws {
        let everything = ReferenceStatement(
            isAllow: false, principals: everybody, actions: ReferenceChoice(items: ["*"]),
            resources: ReferenceChoice(items: ["*"]))
        try forScenes(seed) { scene, _ in
            scene.keyPolicy.statements.append(everything)
        } expecting: {
            $1.verdict == .denied
        }
    }

    @Test(arguments: seeds) func `with another condition on its Allows allows nothing new`(seed: UInt64) throws {
        try forScenes(seed) { scene, random in
            scene.keyPolicy.addConditions(toAllows: true, &random)
            scene.changeIdentities { $0.addConditions(toAllows: true, &random) }
        } expecting: {
            !$1.isAllowed || $0.isAllowed
        }
    }

    @Test(arguments: seeds) func `without one of its Allows allows nothing new`(seed: UInt64) throws {
        try forScenes(seed) { scene, random in
            scene.keyPolicy.removeStatement(isAllow: true, &random)
            scene.changeIdentities { $0.removeStatement(isAllow: true, &random) }
        } expecting: {
            !$1.isAllowed || $0.isAllowed
        }
    }

    @Test(arguments: seeds) func `under a boundary or a session policy allows nothing new`(seed: UInt64) throws {
        try forCallers(seed) { caller, random in
            let limit = random.identityPolicy(breadth: 40)
            switch caller.caller.kind {
            case .root, .service: break
            case .user: if caller.boundary == nil { caller.boundary = limit }
            case .roleSession, .federatedUser: if caller.session == nil { caller.session = [limit] }
            }
        } expecting: {
            !$1.isAllowed || $0.isAllowed
        }
    }

    @Test(arguments: seeds) func `without a grant allows nothing new`(seed: UInt64) throws {
        try forScenes(seed) { scene, random in
            if !scene.grants.isEmpty { scene.grants.remove(at: random.number(0...scene.grants.count - 1)) }
        } expecting: {
            !$1.isAllowed || $0.isAllowed
        }
    }

    @Test(arguments: seeds) func `that only delegates to accounts allows nobody without identity policies`(
        seed: UInt64
    ) throws {
        try forScenes(seed) { scene, _ in
            scene.grants = []
            for index in scene.keyPolicy.statements.indices {
                scene.keyPolicy.statements[index].principals = ReferenceChoice(items: [
                    ReferencePrincipal(value: "arn:aws:iam::\(RandomAlphabet.keyAccount):root"),
                    ReferencePrincipal(value: RandomAlphabet.otherAccount),
                ])
            }
            scene.callers = scene.callers.filter { $0.caller.kind != .root }
            for index in scene.callers.indices { scene.callers[index].identity = [] }
        } expecting: {
            !$1.isAllowed
        }
    }

    // MARK: What can only allow

    @Test(arguments: seeds) func `with another Allow refuses nothing new`(seed: UInt64) throws {
        try forScenes(seed) { scene, random in
            let allow = random.keyStatement(isAllow: true)
            scene.keyPolicy.statements.insert(allow, at: random.number(0...scene.keyPolicy.statements.count))
        } expecting: {
            (!$0.isAllowed || $1.isAllowed) && ($0.verdict == .denied) == ($1.verdict == .denied)
        }
        try forCallers(seed) { caller, random in
            caller.identity.append(ReferencePolicy(statements: [random.identityStatement(isAllow: true)]))
            caller.boundary?.statements.append(random.identityStatement(isAllow: true))
            caller.session?.append(ReferencePolicy(statements: [random.identityStatement(isAllow: true)]))
        } expecting: {
            (!$0.isAllowed || $1.isAllowed) && ($0.verdict == .denied) == ($1.verdict == .denied)
        }
    }

    @Test(arguments: seeds) func `with another grant refuses nothing new`(seed: UInt64) throws {
        try forScenes(seed) { scene, random in
            scene.grants.append(random.grant(id: "another", among: scene.callers.map(\.caller)))
        } expecting: {
            (!$0.isAllowed || $1.isAllowed) && ($0.verdict == .denied) == ($1.verdict == .denied)
        }
    }

    @Test(arguments: seeds) func `without one of its Denies refuses nothing new`(seed: UInt64) throws {
        try forScenes(seed) { scene, random in
            scene.keyPolicy.removeStatement(isAllow: false, &random)
            scene.changeIdentities { $0.removeStatement(isAllow: false, &random) }
        } expecting: {
            ($0.verdict == .denied || $0.verdict == $1.verdict)
        }
    }

    @Test(arguments: seeds) func `with another condition on its Denies refuses nothing new`(seed: UInt64) throws {
        try forScenes(seed) { scene, random in
            scene.keyPolicy.addConditions(toAllows: false, &random)
            scene.changeIdentities { $0.addConditions(toAllows: false, &random) }
        } expecting: {
            ($0.verdict == .denied || $0.verdict == $1.verdict)
        }
    }

    // MARK: What changes nothing

    @Test(arguments: seeds) func `in another order decides the same`(seed: UInt64) throws {
        try forScenes(seed) { scene, random in
            scene.keyPolicy.shuffle(&random)
            scene.grants = random.shuffled(scene.grants)
            scene.changeIdentities { $0.shuffle(&random) }
            for index in scene.callers.indices {
                scene.callers[index].identity = random.shuffled(scene.callers[index].identity)
            }
        } expecting: {
            $0.verdict == $1.verdict
        }
    }

    @Test(arguments: seeds) func `that lists the actions of its patterns decides the same`(seed: UInt64) throws {
        try forScenes(seed) { scene, _ in
            scene.changeAll { policy in
                policy.changeStatements { statement in
                    guard let actions = statement.actions else { return }
                    statement.actions?.items = actions.items.flatMap { pattern in
                        let expansion = RandomAlphabet.actions.filter {
                            isLike($0.lowercased(), marked(pattern.lowercased()))
                        }
                        // An element may not be empty.
                        return expansion.isEmpty ? [pattern] : expansion
                    }
                }
            }
        } expecting: {
            $0.verdict == $1.verdict
        }
    }

    @Test(arguments: seeds) func `with a statement for each action decides the same`(seed: UInt64) throws {
        try forScenes(seed) { scene, _ in
            scene.changeAll { policy in
                policy.statements = policy.statements.flatMap { statement in
                    guard let actions = statement.actions, !actions.isNot else { return [statement] }
                    return actions.items.map { action in
                        var part = statement
                        part.sid = nil
                        part.actions = ReferenceChoice(items: [action])
                        return part
                    }
                }
            }
        } expecting: {
            $0.verdict == $1.verdict
        }
    }

    @Test(arguments: seeds) func `that says everything twice decides the same`(seed: UInt64) throws {
        try forScenes(seed) { scene, _ in
            scene.changeAll { policy in
                policy.changeStatements { $0.sid = nil }
                policy.statements += policy.statements
            }
            scene.grants += scene.grants
        } expecting: {
            $0.verdict == $1.verdict
        }
    }

    @Test(arguments: seeds) func `in another case decides the same`(seed: UInt64) throws {
        try forScenes(seed) { scene, _ in
            scene.changeAll { policy in
                policy.changeStatements { statement in
                    let actions = statement.actions?.items ?? []
                    statement.actions?.items = actions.map { $0.uppercased() }
                    for index in statement.conditions.indices {
                        statement.conditions[index].key = statement.conditions[index].key.uppercased()
                    }
                }
            }
        } expecting: {
            $0.verdict == $1.verdict
        }
    }

    @Test(arguments: seeds) func `that writes accounts and everybody in the other way decides the same`(
        seed: UInt64
    ) throws {
        let accounts = [RandomAlphabet.keyAccount, RandomAlphabet.otherAccount]
        let others = accounts.flatMap { [($0, "arn:aws:iam::\($0):root"), ("arn:aws:iam::\($0):root", $0)] }
        let otherWay = Dictionary(uniqueKeysWithValues: others)
        try forScenes(seed) { scene, _ in
            scene.keyPolicy.changeStatements { statement in
                guard let principals = statement.principals else { return }
                statement.principals?.items = principals.items.map { principal in
                    if principal.value == "*" {
                        return ReferencePrincipal(type: principal.type == "*" ? "AWS" : "*", value: "*")
                    }
                    return ReferencePrincipal(
                        type: principal.type, value: otherWay[principal.value] ?? principal.value)
                }
            }
        } expecting: {
            $0.verdict == $1.verdict
        }
    }

    @Test(arguments: seeds) func `under a boundary that allows everything decides the same`(seed: UInt64) throws {
        let everything = ReferencePolicy(statements: [
            ReferenceStatement(actions: ReferenceChoice(items: ["*"]), resources: ReferenceChoice(items: ["*"]))
        ])
        try forScenes(seed) { scene, _ in
            // A Deny with NotPrincipal spares nobody who has a boundary, whatever it allows.
            let hasException = scene.keyPolicy.statements.contains { !$0.isAllow && $0.principals?.isNot == true }
            for index in scene.callers.indices {
                switch scene.callers[index].caller.kind {
                case .root, .service: break
                case .user:
                    if scene.callers[index].boundary == nil, !hasException {
                        scene.callers[index].boundary = everything
                    }
                case .roleSession, .federatedUser:
                    if scene.callers[index].session == nil { scene.callers[index].session = [everything] }
                }
            }
        } expecting: {
            $0.verdict == $1.verdict
        }
    }

    // MARK: Means

    private var everybody: ReferenceChoice<ReferencePrincipal> {
        ReferenceChoice(items: [ReferencePrincipal(type: "*", value: "*")])
    }

    private func forCallers(
        _ seed: UInt64, change: (inout RandomScene.Caller, inout RandomPolicies) -> Void,
        expecting rule: (_ before: Decision, _ after: Decision) -> Bool
    ) throws {
        try forScenes(
            seed,
            change: { scene, random in
                for index in scene.callers.indices { change(&scene.callers[index], &random) }
            }, expecting: rule)
    }

    private func forScenes(
        _ seed: UInt64, change: (inout RandomScene, inout RandomPolicies) -> Void,
        expecting rule: (_ before: Decision, _ after: Decision) -> Bool
    ) throws {
        var random = RandomPolicies(seed: seed)
        for _ in 0..<Self.scenesASeed {
            let before = RandomScene(using: &random, callers: 4)
            var after = before
            change(&after, &random)
            for caller in after.callers {
                let references = (before.reference(before.callers[caller.number]), after.reference(caller))
                let engines = (try EngineEvaluator(references.0), try EngineEvaluator(references.1))
                for _ in 0..<Self.requestsACaller {
                    let request = random.request(by: caller.caller)
                    let decisions = (engines.0.onKey(request), engines.1.onKey(request))
                    if rule(decisions.0, decisions.1) { continue }
                    Issue.record(
                        """
                        \(decisions.0.reason), changed to \(decisions.1.reason)
                        before:
                        \(references.0)
                        after:
                        \(references.1)
                        request: \(request)
                        """)
                }
            }
        }
    }
}
