import KMSPolicy
import KMSTesting

/// Makes policies and requests of the names of `RandomAlphabet`, always the same of the same seed.
struct RandomPolicies {
    typealias Alphabet = RandomAlphabet

    private var random: SplitMix64

    init(seed: UInt64) { random = SplitMix64(seed: seed) }

    mutating func isChosen(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &random) < percent }

    mutating func number(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &random) }

    mutating func one<Item>(of items: [Item]) -> Item { items[Int.random(in: items.indices, using: &random)] }

    mutating func some<Item>(_ count: ClosedRange<Int>, of items: [Item]) -> [Item] {
        (0..<number(count)).map { _ in one(of: items) }
    }

    mutating func shuffled<Item>(_ items: [Item]) -> [Item] { items.shuffled(using: &random) }

    // MARK: Policies

    /// - Parameter callers: Whom it names more than others.
    mutating func keyPolicy(for callers: [PolicyCaller]) -> ReferencePolicy {
        policy((0..<number(1...4)).map { _ in keyStatement(for: callers) })
    }

    /// - Parameter breadth: How many of a hundred statements allow everything.
    mutating func identityPolicy(breadth: Int) -> ReferencePolicy {
        policy((0..<number(1...3)).map { _ in identityStatement(breadth) })
    }

    private mutating func policy(_ statements: [ReferenceStatement]) -> ReferencePolicy {
        var policy = ReferencePolicy(
            version: isChosen(85) ? "2012-10-17" : isChosen(50) ? "2008-10-17" : nil, statements: statements)
        for index in policy.statements.indices where isChosen(30) { policy.statements[index].sid = "Statement\(index)" }
        return policy
    }

    mutating func keyStatement(
        isAllow: Bool? = nil, for callers: [PolicyCaller] = Alphabet.callers
    ) -> ReferenceStatement {
        var statement = statement(isAllow: isAllow ?? isChosen(75))
        statement.principals = principals(isAllow: statement.isAllow, callers)
        if isChosen(85) { statement.resources = ReferenceChoice(items: ["*"]) }
        // KMS takes statements without one of these, and they do nothing.
        if isChosen(2) { statement.actions = nil }
        if isChosen(2) { statement.resources = nil }
        return statement
    }

    mutating func identityStatement(_ breadth: Int = 0, isAllow: Bool? = nil) -> ReferenceStatement {
        if isAllow != false, isChosen(breadth) {
            return ReferenceStatement(
                actions: ReferenceChoice(items: ["kms:*"]), resources: ReferenceChoice(items: ["*"]))
        }
        return statement(isAllow: isAllow ?? isChosen(80))
    }

    private mutating func statement(isAllow: Bool) -> ReferenceStatement {
        var statement = ReferenceStatement(isAllow: isAllow)
        statement.actions = ReferenceChoice(isNot: isChosen(10), items: some(1...3, of: Alphabet.actionPatterns))
        statement.resources = ReferenceChoice(isNot: isChosen(7), items: some(1...2, of: Alphabet.resourcePatterns))
        statement.conditions = conditions(atLeast: isAllow || isChosen(50) ? 0 : 1)
        return statement
    }

    private mutating func principals(isAllow: Bool, _ callers: [PolicyCaller]) -> ReferenceChoice<ReferencePrincipal> {
        if isChosen(10) { return ReferenceChoice(items: [ReferencePrincipal(type: "*", value: "*")]) }
        if isChosen(5) { return ReferenceChoice(items: [ReferencePrincipal(value: "*")]) }
        if isChosen(40) {
            return ReferenceChoice(items: [
                ReferencePrincipal(value: one(of: [Alphabet.keyAccount, "arn:aws:iam::\(Alphabet.keyAccount):root"]))
            ])
        }
        let isNot = isChosen(isAllow ? 3 : 40)
        var items = some(1...6, of: Alphabet.principals)
        if isNot, isChosen(70) {
            // Named in every way, with which a Deny spares a caller.
            items += Alphabet.names(of: one(of: callers))
        }
        return ReferenceChoice(isNot: isNot, items: items)
    }

    // MARK: Conditions

    mutating func conditions(atLeast: Int) -> [ReferenceCondition] {
        var names: Set<String> = []
        let count = max(atLeast, one(of: [0, 0, 0, 0, 1, 1, 1, 2]))
        return (0..<count).map { _ in condition() }
            // A name may come once in an object.
            .filter { names.insert("\($0.operatorText) \($0.key.lowercased())").inserted }
    }

    mutating func condition() -> ReferenceCondition {
        let key = one(of: Alphabet.keys)
        let family = one(of: key.families)
        let name = isChosen(15) ? isChosen(50) ? key.name.lowercased() : key.name.uppercased() : key.name
        if family == .null {
            return ReferenceCondition(
                qualifier: isChosen(10) ? "ForAnyValue" : "", base: "Null", key: name,
                values: some(1...1, of: ["true", "false", "True"]))
        }
        let base = one(of: Alphabet.operators[family] ?? [])
        let pool = key.values.isEmpty ? key.patterns : key.values + key.patterns
        var condition = ReferenceCondition(
            base: base, ifExists: isChosen(15), key: name, values: some(1...3, of: pool))
        if isChosen(key.isSet ? 90 : 5) {
            // KMS refuses ForAllValues with the pairs of an encryption context.
            let allowsAll = !key.name.hasPrefix("kms:EncryptionContext:")
            condition.qualifier = allowsAll && isChosen(50) ? "ForAllValues" : "ForAnyValue"
        }
        return condition
    }

    // MARK: Requests

    mutating func request(by caller: PolicyCaller, action: String? = nil) -> ReferenceRequest {
        let action = action ?? one(of: Alphabet.actions)
        var values: [String: [String]] = [:]
        for key in Alphabet.keys where !key.values.isEmpty && isChosen(50) {
            values[key.name.lowercased()] = key.isSet ? some(0...3, of: key.values) : [one(of: key.values)]
        }
        var context: [String: String]?
        if Alphabet.actionsWithContext.contains(action) {
            let pairs = ["Dept", "Team"].compactMap { name in
                values["kms:encryptioncontext:" + name.lowercased()].map { (name, $0[0]) }
            }
            context = Dictionary(uniqueKeysWithValues: pairs)
            values["kms:encryptioncontextkeys"] = pairs.isEmpty ? nil : pairs.map(\.0)
        }
        values["kms:calleraccount"] = [caller.account]
        values["aws:principalaccount"] = [caller.account]
        values["aws:principalarn"] = [caller.principalARN]
        if caller.kind == .user { values["aws:username"] = [String(caller.arn.split(separator: "/").last ?? "")] }
        return ReferenceRequest(action: action, resource: Alphabet.key, values: values, encryptionContext: context)
    }

    // MARK: Grants

    /// - Parameter callers: Who gets most of the grants.
    mutating func grant(id: String, among callers: [PolicyCaller]) -> GrantPermission {
        let caller = one(of: isChosen(80) ? callers : Alphabet.callers)
        let grantee: GrantPermission.Grantee
        if case .service(let name) = caller.kind {
            grantee = .service(name)
        } else {
            let arn = isChosen(50) ? caller.issuerARN ?? caller.arn : caller.arn
            grantee = .principal(arn: arn, uniqueID: isChosen(50) ? uniqueID(of: arn) : nil)
        }
        var pairs = ["Dept": one(of: ["IT", "HR"])]
        if isChosen(30) { pairs["Team"] = one(of: ["red", "blue"]) }
        let constraint: GrantPermission.Constraint? =
            isChosen(50) ? nil : isChosen(50) ? .encryptionContextEquals(pairs) : .encryptionContextSubset(pairs)
        return GrantPermission(
            id: id, grantee: grantee, operations: Set(some(2...8, of: Alphabet.grantOperations)),
            constraint: constraint, sourceARN: isChosen(20) ? "arn:aws:logs:*:111122223333:log-group:*" : nil)
    }

    /// Now and then somebody else's, who had the name before.
    mutating func uniqueID(of arn: String) -> String? {
        Alphabet.uniqueIDs[arn].map { isChosen(20) ? "\($0.prefix(4))GONE1\($0.suffix(12))" : $0 }
    }
}
