import KMSCore
import KMSPolicy

extension AccessExplanation {
    func json() throws -> String {
        try LintReport.encoded(
            JSONExplanation(
                principal: principal, action: action, allowed: isAllowed,
                decisions: outcomes.map { outcome in
                    JSONDecision(outcome, reason: reason(of: outcome), needed: need(of: outcome))
                }))
    }
}

private struct JSONExplanation: Encodable {
    let principal: String
    let action: String
    let allowed: Bool
    let decisions: [JSONDecision]
}

private struct JSONDecision: Encodable {
    let resource: String
    /// As IAM's policy simulator words it.
    let decision: String
    let reason: String
    let policy: String?
    let statement: Int?
    let sid: String?
    let needed: String?
    let keysWithoutValue: [String]

    init(_ outcome: AccessRehearsal.Outcome, reason: String, needed: String?) {
        resource = outcome.resource
        self.reason = reason
        self.needed = needed
        keysWithoutValue = outcome.absentKeys.map(\.text).sorted()
        switch outcome.decision.reason {
        case .allowed(let source, let name):
            (decision, policy, statement, sid) = ("allowed", source.text, name?.index, name?.sid)
        case .allowedToRoot:
            (decision, policy, statement, sid) = ("allowed", nil, nil, nil)
        case .denied(let source, let name):
            (decision, policy, statement, sid) = ("explicitDeny", source.text, name.index, name.sid)
        case .notAllowed, .notAcrossAccounts:
            (decision, policy, statement, sid) = ("implicitDeny", nil, nil, nil)
        }
    }
}
