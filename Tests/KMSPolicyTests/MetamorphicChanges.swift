extension RandomScene {
    /// Each of the callers' identity policies, without those that limit them.
    mutating func changeIdentities(_ change: (inout ReferencePolicy) -> Void) {
        for index in callers.indices {
            for place in callers[index].identity.indices { change(&callers[index].identity[place]) }
        }
    }

    /// Each of all policies.
    mutating func changeAll(_ change: (inout ReferencePolicy) -> Void) {
        change(&keyPolicy)
        changeIdentities(change)
        for index in callers.indices {
            if var boundary = callers[index].boundary {
                change(&boundary)
                callers[index].boundary = boundary
            }
            if var session = callers[index].session {
                for place in session.indices { change(&session[place]) }
                callers[index].session = session
            }
        }
    }
}

extension ReferencePolicy {
    mutating func changeStatements(_ change: (inout ReferenceStatement) -> Void) {
        for index in statements.indices { change(&statements[index]) }
    }

    mutating func addConditions(toAllows: Bool, _ random: inout RandomPolicies) {
        for index in statements.indices where statements[index].isAllow == toAllows {
            let condition = random.condition()
            let isThere = statements[index].conditions.contains {
                $0.operatorText == condition.operatorText && $0.key.lowercased() == condition.key.lowercased()
            }
            if !isThere { statements[index].conditions.append(condition) }
        }
    }

    /// One of them; a policy keeps one statement at least.
    mutating func removeStatement(isAllow: Bool, _ random: inout RandomPolicies) {
        let places = statements.indices.filter { statements[$0].isAllow == isAllow }
        if statements.count > 1, !places.isEmpty { statements.remove(at: random.one(of: places)) }
    }

    mutating func shuffle(_ random: inout RandomPolicies) {
        statements = random.shuffled(statements).map { statement in
            var shuffled = statement
            shuffled.principals?.items = random.shuffled(statement.principals?.items ?? [])
            shuffled.actions?.items = random.shuffled(statement.actions?.items ?? [])
            shuffled.resources?.items = random.shuffled(statement.resources?.items ?? [])
            shuffled.conditions = random.shuffled(statement.conditions).map { condition in
                var shuffled = condition
                shuffled.values = random.shuffled(condition.values)
                return shuffled
            }
            return shuffled
        }
    }
}
