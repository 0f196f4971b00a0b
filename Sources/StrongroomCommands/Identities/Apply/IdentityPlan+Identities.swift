import KMSAPIClient

// Users and roles.
extension IdentityPlan {
    mutating func plan(
        _ identity: DeclaredIdentity, _ noun: IdentityNoun, _ name: String
    ) throws(CommandFailure) {
        let subject = "\(noun.word) \(name)"
        let boundary: String?
        if let policy = identity.boundary { boundary = try policyARN(policy, for: subject) } else { boundary = nil }
        var policies: [String] = []
        for policy in identity.policies { policies.append(try policyARN(policy, for: subject)) }

        let present = state.present(noun)[name]
        var step = PlanStep(present == nil ? .add : .change, subject)
        if let present {
            try planDescription(from: present, to: identity, noun, name, &step)
            planTags(
                from: present.tags, to: allTags(identity.tags), noun.rawValue, [noun.parameter: name], &step)
            planBoundary(from: present.boundary, to: boundary, noun, name, &step)
        } else {
            step.calls = [creation(of: identity, boundary, noun, name)]
        }
        planPolicies(from: present?.policies ?? [], to: policies, noun, name, &step)
        planInline(from: present?.inline ?? [:], to: identity.inline, noun, name, &step)
        append(step)
    }

    private func creation(
        of identity: DeclaredIdentity, _ boundary: String?, _ noun: IdentityNoun, _ name: String
    ) -> QueryCall {
        var parameters: [String: String?] = ["Path": identity.path, "PermissionsBoundary": boundary]
        if noun == .role {
            parameters["AssumeRolePolicyDocument"] = trustsNewRole(identity) ? Self.nobody : identity.trust
            parameters["Description"] = identity.description
            parameters["MaxSessionDuration"] = identity.maximumSessionDuration.map(String.init)
        }
        return noun.call("Create", of: name, parameters).adding(tags: allTags(identity.tags))
    }

    private func planDescription(
        from present: PresentIdentity, to identity: DeclaredIdentity, _ noun: IdentityNoun, _ name: String,
        _ step: inout PlanStep
    ) throws(CommandFailure) {
        guard noun == .role else {
            if present.path != identity.path {
                step.note(
                    .change, "path: \(present.path) → \(identity.path)",
                    [noun.call("Update", of: name, ["NewPath": identity.path])])
            }
            return
        }
        try checkFixed("path", present.path, identity.path, of: "role \(name)")
        if let description = identity.description, description != present.description {
            step.note(.change, "description", [noun.call("Update", of: name, ["Description": description])])
        }
        let duration = identity.maximumSessionDuration ?? present.maximumSessionDuration
        if duration != present.maximumSessionDuration {
            step.note(
                .change, "maxSessionDuration: \(present.maximumSessionDuration) → \(duration)",
                [noun.call("Update", of: name, ["MaxSessionDuration": String(duration)])])
        }
        if Self.differ(present.trust, identity.trust), !trustsNewRole(identity) {
            step.note(.change, "trust", [Self.trustCall(identity, name)])
        }
    }

    private func planBoundary(
        from present: String?, to wanted: String?, _ noun: IdentityNoun, _ name: String, _ step: inout PlanStep
    ) {
        guard present != wanted else { return }
        if let wanted {
            step.note(
                present == nil ? .add : .change, "boundary \(wanted)",
                [noun.call("Put", "PermissionsBoundary", of: name, ["PermissionsBoundary": wanted])])
        } else {
            step.note(
                .remove, "boundary \(present ?? "")", [noun.call("Delete", "PermissionsBoundary", of: name)])
        }
    }

    private func planPolicies(
        from present: [String], to wanted: [String], _ noun: IdentityNoun, _ name: String, _ step: inout PlanStep
    ) {
        for arn in wanted where !present.contains(arn) {
            step.note(.add, "attached \(arn)", [noun.call("Attach", "Policy", of: name, ["PolicyArn": arn])])
        }
        for arn in present where !wanted.contains(arn) {
            step.note(.remove, "attached \(arn)", [noun.call("Detach", "Policy", of: name, ["PolicyArn": arn])])
        }
    }

    private func planInline(
        from present: [String: String], to wanted: [String: String], _ noun: IdentityNoun, _ name: String,
        _ step: inout PlanStep
    ) {
        // Those that go first, as all together have a limit.
        for policy in present.keys.filter({ wanted[$0] == nil }).sorted() {
            step.note(.remove, "inline \(policy)", [noun.call("Delete", "Policy", of: name, ["PolicyName": policy])])
        }
        for (policy, document) in wanted.sorted(by: { $0.key < $1.key }) {
            let former = present[policy]
            guard former.map({ Self.differ($0, document) }) ?? true else { continue }
            step.note(
                former == nil ? .add : .change, "inline \(policy)",
                [noun.call("Put", "Policy", of: name, ["PolicyName": policy, "PolicyDocument": document])])
        }
    }
}

// Roles can trust each other, and themselves, and a trust policy names only what is there. So a role that trusts one
// which is yet to be made gets its trust policy when all are there; until then, if it is new, it lets nobody in.
extension IdentityPlan {
    private static let nobody =
        #"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":{"AWS":"*"},"Action":"sts:AssumeRole"}]}"#

    private static func trustCall(_ role: DeclaredIdentity, _ name: String) -> QueryCall {
        QueryCall("UpdateAssumeRolePolicy", ["RoleName": name, "PolicyDocument": role.trust])
    }

    private func trustsNewRole(_ role: DeclaredIdentity) -> Bool {
        file.roles.contains { name, other in
            state.roles[name] == nil
                && role.trust.contains("\"arn:aws:iam::\(state.account):role\(other.path)\(name)\"")
        }
    }

    mutating func planTrust() {
        for (name, role) in file.roles.sorted(by: { $0.key < $1.key })
        where trustsNewRole(role) && Self.differ(state.roles[name]?.trust ?? Self.nobody, role.trust) {
            var step = PlanStep(.change, "role \(name)")
            step.note(.change, "trust, now that all whom it names are there", [Self.trustCall(role, name)])
            append(step)
        }
    }
}
