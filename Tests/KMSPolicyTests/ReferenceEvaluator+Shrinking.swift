extension ReferenceEvaluator {
    /// With everything left out that the failure does not need.
    func shrunk(whileFailing fails: (ReferenceEvaluator) -> Bool) -> ReferenceEvaluator {
        var smallest = self
        while let smaller = smallest.smaller.first(where: fails) { smallest = smaller }
        return smallest
    }

    /// Each with one thing less.
    private var smaller: [ReferenceEvaluator] {
        var all: [ReferenceEvaluator] = []
        func add(_ change: (inout ReferenceEvaluator) -> Void) {
            var copy = self
            change(&copy)
            all.append(copy)
        }
        for index in grants.indices { add { $0.grants.remove(at: index) } }
        for index in identity.indices {
            add { $0.identity.remove(at: index) }
            for smaller in identity[index].smaller { add { $0.identity[index] = smaller } }
        }
        if let boundary {
            add { $0.boundary = nil }
            for smaller in boundary.smaller { add { $0.boundary = smaller } }
        }
        if let session {
            add { $0.session = nil }
            for index in session.indices {
                for smaller in session[index].smaller { add { $0.session?[index] = smaller } }
            }
        }
        for smaller in keyPolicy.smaller { add { $0.keyPolicy = smaller } }
        for arn in principalIDs.keys { add { $0.principalIDs[arn] = nil } }
        return all
    }
}

extension ReferencePolicy {
    fileprivate var smaller: [ReferencePolicy] {
        var all: [ReferencePolicy] = []
        for index in statements.indices {
            func add(_ change: (inout ReferenceStatement) -> Void) {
                var copy = self
                change(&copy.statements[index])
                all.append(copy)
            }
            if statements.count > 1 {
                var copy = self
                copy.statements.remove(at: index)
                all.append(copy)
            }
            let statement = statements[index]
            for place in statement.conditions.indices {
                add { $0.conditions.remove(at: place) }
                for value in statement.conditions[place].values.indices
                where statement.conditions[place].values.count > 1 {
                    add { $0.conditions[place].values.remove(at: value) }
                }
            }
            if let items = statement.principals?.items, items.count > 1 {
                for place in items.indices { add { $0.principals?.items.remove(at: place) } }
            }
            if let items = statement.actions?.items, items.count > 1 {
                for place in items.indices { add { $0.actions?.items.remove(at: place) } }
            }
            if let items = statement.resources?.items, items.count > 1 {
                for place in items.indices { add { $0.resources?.items.remove(at: place) } }
            }
        }
        return all
    }
}
