/// Who calls: an identity of an account, by its ARN.
public struct Principal: Hashable, Sendable {
    public let account: AccountID
    public let arn: String

    public init(account: AccountID, arn: String) {
        self.account = account
        self.arn = arn
    }
}

/// What is known of a call when it is decided on.
package struct CallContext: Sendable {
    package let principal: Principal
    /// The Region that the signature names.
    package let region: Region
    /// The id that the request was given, for what is recorded of it.
    package let requestID: String

    package init(principal: Principal, region: Region, requestID: String = "") {
        self.principal = principal
        self.region = region
        self.requestID = requestID
    }

    package var scope: Scope { Scope(account: principal.account, region: region) }
}

/// What an action is done to.
package enum Resource: Sendable {
    case account(Scope)
    case key(Key)
    case alias(Scope, name: String)

    package var scope: Scope {
        switch self {
        case .account(let scope), .alias(let scope, _): scope
        case .key(let key): key.address.scope
        }
    }

    package var arn: String {
        switch self {
        case .account: "*"
        case .key(let key): key.address.arn
        case .alias(let scope, let name): scope.aliasARN(name)
        }
    }
}

/// Decides whether a call may be made. Every use case asks before it looks at a key's state.
package protocol Authorizer: Sendable {
    /// Throws `accessDenied` unless the principal may do `action` to `resource`.
    func authorize(_ action: KMSAction, on resource: Resource, by context: CallContext) throws(KMSError)
}

/// Lets every principal of an account do everything to what is the account's own, and nothing to anything else: what
/// the default key policy says for principals with full identity policies.
package struct AccountAuthorizer: Authorizer {
    package init() {}

    package func authorize(_ action: KMSAction, on resource: Resource, by context: CallContext) throws(KMSError) {
        guard resource.scope.account == context.principal.account else {
            throw KMSError(
                .accessDenied,
                "User: \(context.principal.arn) is not authorized to perform: kms:\(action.rawValue) on resource: "
                    + "\(resource.arn) because no resource-based policy allows the kms:\(action.rawValue) action"
            )
        }
    }
}
