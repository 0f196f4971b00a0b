import KMSPolicy

/// `userIdentity` ("CloudTrail userIdentity element", AWS CloudTrail User Guide).
extension AuditRecord {
    func writeIdentity(to text: inout JSONText) {
        text.object { text in
            guard let caller else { return writeNobody(to: &text) }
            let who = caller.policyCaller
            // In another account's log, who it is in its own account is nobody's business.
            guard who.account == recipient.description else {
                text.member("type", "AWSAccount")
                text.member("principalId", who.userID)
                text.member("accountId", who.account)
                return
            }
            text.member("type", who.kind.name)
            text.member("principalId", who.userID)
            if case .service(let name) = who.kind {
                text.member("accountId", who.account)
                if !caller.accessKeyID.isEmpty { text.member("accessKeyId", caller.accessKeyID) }
                text.member("invokedBy", name)
                return
            }
            text.member("arn", who.arn)
            text.member("accountId", who.account)
            if !caller.accessKeyID.isEmpty { text.member("accessKeyId", caller.accessKeyID) }
            if let name = caller.userName { text.member("userName", name) }
            guard let session = caller.session else { return }
            writeSession(session, of: who, to: &text)
            if let service = session.viaService { text.member("invokedBy", service) }
        }
    }

    /// Of what the server does of itself, and of a caller that could not be made out.
    private func writeNobody(to text: inout JSONText) {
        guard isServiceEvent else { return text.member("type", "Unknown") }
        text.member("accountId", recipient.description)
        text.member("invokedBy", Self.inside)
    }

    private func writeSession(
        _ session: CallerIdentity.SessionFacts, of who: PolicyCaller, to text: inout JSONText
    ) {
        text.name("sessionContext")
        text.object { text in
            if let issuer = who.issuerARN, who.kind != .user, who.kind != .root {
                text.name("sessionIssuer")
                text.object { text in
                    text.member("type", who.kind == .roleSession ? "Role" : "IAMUser")
                    if let id = who.issuerID { text.member("principalId", id) }
                    text.member("arn", issuer)
                    text.member("accountId", who.account)
                    text.member("userName", session.issuerName)
                }
            }
            text.name("attributes")
            text.object { text in
                text.member("creationDate", session.creationDate.iso8601)
                text.member("mfaAuthenticated", session.multiFactorDate == nil ? "false" : "true")
            }
            if let identity = session.sourceIdentity { text.member("sourceIdentity", identity) }
        }
    }
}

extension PolicyCaller.Kind {
    fileprivate var name: String {
        switch self {
        case .root: "Root"
        case .user: "IAMUser"
        case .roleSession: "AssumedRole"
        case .federatedUser: "FederatedUser"
        case .service: "AWSService"
        }
    }
}
