import KMSAPIClient

/// The steps from what there is to what a file wants, in an order in which each finds what it needs. None if all is as
/// it should be.
struct IdentityPlan {
    let file: IdentityFile
    let state: IdentityState
    private(set) var steps: [PlanStep] = []

    /// Throws for what cannot be brought about.
    init(_ file: IdentityFile, from state: IdentityState, prune: Bool = false) throws(CommandFailure) {
        self.file = file
        self.state = state
        for (name, policy) in file.policies.sorted(by: { $0.key < $1.key }) { try plan(policy, name) }
        for service in file.services.subtracting(state.services).sorted() {
            var step = PlanStep(.add, "service \(service)")
            step.calls = [QueryCall("CreateService", ["ServiceName": service])]
            steps.append(step)
        }
        for noun in IdentityNoun.allCases {
            for (name, identity) in file.declared(noun).sorted(by: { $0.key < $1.key }) {
                try plan(identity, noun, name)
            }
        }
        planTrust()
        if prune { try planRemovals() }
    }

    mutating func append(_ step: PlanStep) {
        if step.kind != .change || !step.details.isEmpty { steps.append(step) }
    }

    /// With the mark.
    func allTags(_ tags: [String: String]) -> [String: String] {
        tags.merging([IdentityFile.markKey: file.mark]) { _, mark in mark }
    }

    /// The ARN of a managed policy by its name or ARN.
    func policyARN(_ name: String, for subject: String) throws(CommandFailure) -> String {
        if name.hasPrefix("arn:") { return name }
        if let declared = file.policies[name] { return "arn:aws:iam::\(state.account):policy\(declared.path)\(name)" }
        guard let arn = state.policyARNs[name] else {
            throw CommandFailure(
                "the \(subject) shall have the policy \(name), which is not there",
                hint: "declare it under policies:, or name one of: strongroom identity policy list --all")
        }
        return arn
    }

    /// Where two texts are not the same policy.
    static func differ(_ one: String, _ other: String) -> Bool {
        guard let first = JSONValue(parsing: one), let second = JSONValue(parsing: other) else { return one != other }
        return first != second
    }

    /// What identities and policies bear the mark and are not in the file any more.
    private mutating func planRemovals() throws(CommandFailure) {
        for noun in IdentityNoun.allCases {
            for (name, present) in state.present(noun).sorted(by: { $0.key < $1.key })
            where file.declared(noun)[name] == nil {
                guard present.arn != state.caller else {
                    throw CommandFailure(
                        "the file no longer has the \(noun.word) \(name), as whom you call",
                        hint: "apply it as somebody else, or put it back into the file")
                }
                var step = PlanStep(.remove, "\(noun.word) \(name)")
                step.calls = present.removal
                steps.append(step)
            }
        }
        for (name, present) in state.policies.sorted(by: { $0.key < $1.key }) where file.policies[name] == nil {
            var step = PlanStep(.remove, "policy \(name)")
            step.calls = present.versions.removal(of: present.arn)
            steps.append(step)
        }
    }
}

// Managed policies.
extension IdentityPlan {
    private mutating func plan(_ policy: DeclaredPolicy, _ name: String) throws(CommandFailure) {
        let subject = "policy \(name)"
        guard let present = state.policies[name] else {
            var step = PlanStep(.add, subject)
            let call = QueryCall(
                "CreatePolicy",
                [
                    "PolicyName": name, "Path": policy.path, "Description": policy.description,
                    "PolicyDocument": policy.document,
                ])
            step.calls = [call.adding(tags: allTags(policy.tags))]
            return append(step)
        }
        try checkFixed("path", present.path, policy.path, of: subject)
        try checkFixed("description", present.description, policy.description ?? present.description, of: subject)
        var step = PlanStep(.change, subject)
        if Self.differ(present.document, policy.document) {
            step.note(.change, "document", present.versions.replacement(of: present.arn, policy.document))
        }
        planTags(from: present.tags, to: allTags(policy.tags), "Policy", ["PolicyArn": present.arn], &step)
        append(step)
    }

    /// IAM has no operation that changes it.
    func checkFixed(
        _ what: String, _ present: String, _ wanted: String, of subject: String
    ) throws(CommandFailure) {
        guard present == wanted else {
            throw CommandFailure(
                "the \(what) of the \(subject) is '\(present)' and cannot be changed",
                hint: "leave it so in the file, or give the \(subject) another name")
        }
    }

    /// - Parameter noun: Of the operations TagUser, UntagUser and so on.
    func planTags(
        from present: [String: String], to wanted: [String: String], _ noun: String, _ owner: [String: String?],
        _ step: inout PlanStep
    ) {
        let gone = present.keys.filter { wanted[$0] == nil }.sorted()
        for key in gone {
            step.note(
                .remove, "tag \(key)", [QueryCall("Untag" + noun, owner).adding("TagKeys", [key])])
        }
        for (key, value) in wanted.sorted(by: { $0.key < $1.key }) where present[key] != value {
            let calls = [QueryCall("Tag" + noun, owner).adding(tags: [key: value])]
            if let former = present[key] {
                step.note(.change, "tag \(key): \(former) → \(value)", calls)
            } else {
                step.note(.add, "tag \(key): \(value)", calls)
            }
        }
    }
}
