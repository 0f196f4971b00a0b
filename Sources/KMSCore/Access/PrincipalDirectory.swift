package import KMSPolicy

/// Knows whom ARNs in policies and grants mean.
package protocol PrincipalDirectory: Sendable {
    /// Whom a principal's ARN, an account's id or a unique id names.
    func look(up principal: String) -> PrincipalLookup
}

package enum PrincipalLookup: Hashable, Sendable {
    /// An account, or its root.
    case account
    /// A user or role with this unique id, or a session of such a role.
    case identity(uniqueID: String)
    case unknown
}

extension PrincipalDirectory {
    /// The unique ids of the users and roles in a policy, by their ARNs. Tells which principals are there: to be asked
    /// for those who may set the policy. Throws `refusal` of one that is not there.
    package func principalIDs(
        of document: PolicyDocument, refusing refusal: (_ name: String, PolicyStatement) -> KMSError
    ) throws(KMSError) -> [String: String] {
        var ids: [String: String] = [:]
        for statement in document.statements {
            for pattern in statement.principals?.patterns ?? [] {
                guard let name = pattern.lookedUpName else { continue }
                switch look(up: name) {
                case .account: break
                case .identity(let uniqueID): if case .arn = pattern { ids[name] = uniqueID }
                case .unknown: throw refusal(name, statement)
                }
            }
        }
        return ids
    }

    /// A policy word for word, but for the ARNs of identities that have gone: their unique ids, as they were when it was
    /// set, stand there, so that nobody takes another of the same name for them.
    package func shown(_ policy: String, naming ids: [String: String]) -> String {
        ids.reduce(policy) { policy, principal in
            let (arn, id) = principal
            guard look(up: arn) != .identity(uniqueID: id) else { return policy }
            return policy.replacing("\"\(arn)\"", with: "\"\(id)\"")
        }
    }
}

extension PrincipalPattern {
    /// What has to be known to this server; nil for those that need not.
    fileprivate var lookedUpName: String? {
        switch self {
        case .account(let account): account
        case .arn(let arn): arn
        // An id may be of somebody who has gone: it names nobody any more, and hurts nobody.
        case .everyone, .uniqueID, .service, .federated, .canonicalUser: nil
        }
    }
}
