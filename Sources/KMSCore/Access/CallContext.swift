/// Who calls: an identity of an account, by its ARN.
public struct Principal: Hashable, Sendable {
    public let account: AccountID
    public let arn: String

    public init(account: AccountID, arn: String) {
        self.account = account
        self.arn = arn
    }
}

/// Where a call came from.
package struct CallOrigin: Sendable {
    /// The client's address, as in `192.0.2.1` or `2001:db8::1`.
    package var sourceIP: String
    package var userAgent: String
    package var isSecure: Bool
    /// As in `TLSv1.3`; nil where it is not known.
    package var tlsVersion: String?
    /// The Host header.
    package var host: String?
    /// What a service says it calls for; believed of services alone.
    package var sourceARN: String?
    package var sourceAccount: String?

    package init(
        sourceIP: String = "127.0.0.1", userAgent: String = "", isSecure: Bool = false, sourceARN: String? = nil,
        sourceAccount: String? = nil
    ) {
        self.sourceIP = sourceIP
        self.userAgent = userAgent
        self.isSecure = isSecure
        self.sourceARN = sourceARN
        self.sourceAccount = sourceAccount
    }
}

/// What is known of a call when it is decided on, and where what happens to it is noted.
package struct CallContext: Sendable {
    package let caller: CallerIdentity
    /// The Region that the signature names.
    package let region: Region
    /// The id that the request was given, for what is recorded of it.
    package let requestID: String
    package let origin: CallOrigin
    package let draft: AuditDraft

    package init(
        caller: CallerIdentity, region: Region, requestID: String = "", origin: CallOrigin = CallOrigin(),
        draft: AuditDraft = AuditDraft()
    ) {
        self.caller = caller
        self.region = region
        self.requestID = requestID
        self.origin = origin
        self.draft = draft
    }

    package var principal: Principal { caller.principal }

    package var scope: Scope { Scope(account: principal.account, region: region) }
}
