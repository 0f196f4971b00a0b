/// What was decided, and why.
package struct Decision: Hashable, Sendable {
    package enum Reason: Hashable, Sendable {
        /// By a statement, or by a grant (then without one).
        case allowed(by: PolicySource, statement: StatementName?)
        /// The account's root needs no identity policy.
        case allowedToRoot
        case denied(by: PolicySource, statement: StatementName)
        /// Nothing allows it; the kind of policy is the one that would have had to, first in the order of evaluation.
        case notAllowed(by: MissingAllow)
        /// The action is none that works across accounts.
        case notAcrossAccounts
    }

    package enum MissingAllow: String, Hashable, Sendable {
        case identityPolicy = "identity-based policy"
        case resourcePolicy = "resource-based policy"
        case permissionsBoundary = "permissions boundary"
        case sessionPolicy = "session policy"
    }

    package struct StatementName: Hashable, Sendable {
        package let index: Int
        package let sid: String?

        package init(index: Int, sid: String?) {
            self.index = index
            self.sid = sid
        }
    }

    package let reason: Reason

    package init(_ reason: Reason) {
        self.reason = reason
    }

    package var isAllowed: Bool {
        switch reason {
        case .allowed, .allowedToRoot: true
        case .denied, .notAllowed, .notAcrossAccounts: false
        }
    }
}

/// What is asked.
package struct PolicyQuestion {
    /// As in `kms:Decrypt`.
    package let action: String
    /// The resource's ARN, or `*` for actions that have none.
    package let resource: String
    package let context: any ConditionContext

    package init(action: String, resource: String, context: any ConditionContext) {
        self.action = action
        self.resource = resource
        self.context = context
    }
}
