package import KMSPolicy

/// What happened in one call, as CloudTrail records it ("CloudTrail record contents", AWS CloudTrail User Guide,
/// eventVersion 1.11), and why it was allowed or refused.
package struct AuditRecord: Sendable {
    /// A UUID of its own.
    package let id: String
    package var date: Timestamp
    /// As in `kms.amazonaws.com`.
    package var source: String
    /// The operation, as in `Decrypt`.
    package var name: String
    package var region: String
    /// Who called; nil of a caller that could not be made out, and of what the server does of itself.
    package var caller: CallerIdentity?
    package var origin: CallOrigin?
    package var requestID: String
    package var requestParameters: AuditValue?
    package var responseElements: AuditValue?
    package var error: Failure?
    package var resources: [Resource]
    package var isReadOnly: Bool
    /// Whose log it belongs to.
    package var recipient: AccountID
    package var decisions: [DecisionNote]
    /// Anything besides, such as the id of the key material.
    package var additional: [AuditValue.Member]
    /// `AwsServiceEvent` of what the server does of itself: a rotation, an expiry, a deletion.
    package var isServiceEvent: Bool

    package struct Failure: Hashable, Sendable {
        package let code: String
        package let message: String

        package init(code: String, message: String) {
            self.code = code
            self.message = message
        }
    }

    /// What the call was done to.
    package struct Resource: Hashable, Sendable {
        package let arn: String
        package let account: AccountID
        /// As in `AWS::KMS::Key`.
        package let type: String

        package init(arn: String, account: AccountID, type: String) {
            self.arn = arn
            self.account = account
            self.type = type
        }
    }

    /// One decision of the policy engine.
    package struct DecisionNote: Hashable, Sendable {
        /// As in `kms:Decrypt`.
        package let action: String
        package let resource: String
        package let decision: Decision

        package init(action: String, resource: String, decision: Decision) {
            self.action = action
            self.resource = resource
            self.decision = decision
        }
    }

    package init(
        id: String, date: Timestamp, source: String, name: String, region: String, caller: CallerIdentity?,
        origin: CallOrigin?, requestID: String, requestParameters: AuditValue? = nil,
        responseElements: AuditValue? = nil, error: Failure? = nil, resources: [Resource] = [], isReadOnly: Bool,
        recipient: AccountID, decisions: [DecisionNote] = [], additional: [AuditValue.Member] = [],
        isServiceEvent: Bool = false
    ) {
        self.id = id
        self.date = date
        self.source = source
        self.name = name
        self.region = region
        self.caller = caller
        self.origin = origin
        self.requestID = requestID
        self.requestParameters = requestParameters
        self.responseElements = responseElements
        self.error = error
        self.resources = resources
        self.isReadOnly = isReadOnly
        self.recipient = recipient
        self.decisions = decisions
        self.additional = additional
        self.isServiceEvent = isServiceEvent
    }
}
