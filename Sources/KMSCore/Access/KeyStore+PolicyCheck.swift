import KMSPolicy

extension KeyStore {
    /// Throws unless a text may become a key's policy: it is one, everybody in it is there, and its author could change
    /// it again. Answers the unique ids of the users and roles in it, by their ARNs.
    func checkPolicy(
        _ text: String, of key: Key, bypassingLockoutCheck: Bool, by context: CallContext
    ) throws(KMSError) -> [String: String] {
        let document = try Self.parse(text)
        let ids = try principalIDs(of: document)
        guard !bypassingLockoutCheck else { return ids }
        let compiled = CompiledPolicy(document, source: .keyPolicy, principalIDs: ids)
        guard let entry = KeyEntry(key, in: nil) else {
            throw KMSError(.internalFailure, "The policy was not stored.", cause: "the key cannot be read")
        }
        let decision = decide(.putKeyPolicy, on: .key(entry), by: context, with: .none, keyPolicy: compiled)
        guard decision.isAllowed else {
            throw KMSError(
                .malformedPolicy,
                "The new key policy will not allow you to update the key policy in the future. Allow "
                    + "\(context.principal.arn) or its account kms:PutKeyPolicy, or set BypassPolicyLockoutSafetyCheck."
            )
        }
        return ids
    }

    private static func parse(_ text: String) throws(KMSError) -> PolicyDocument {
        let size = text.utf8.count
        guard size <= KeyPolicy.maximumSize else {
            throw KMSError(
                .limitExceeded,
                "The key policy has \(size) bytes; it may have \(KeyPolicy.maximumSize) at the most.")
        }
        do {
            return try PolicyDocument(parsing: text, as: .key)
        } catch {
            throw KMSError(.malformedPolicy, error.description)
        }
    }

    private func principalIDs(of document: PolicyDocument) throws(KMSError) -> [String: String] {
        var ids: [String: String] = [:]
        for statement in document.statements {
            for pattern in statement.principals?.patterns ?? [] {
                guard let name = pattern.lookedUpName else { continue }
                switch principals.look(up: name) {
                case .account: break
                case .identity(let uniqueID): if case .arn = pattern { ids[name] = uniqueID }
                case .unknown:
                    throw KMSError(
                        .malformedPolicy,
                        "Policy contains a statement with one or more invalid principals: \(name) in "
                            + "Statement[\(statement.index)] is no account, user or role of this server.")
                }
            }
        }
        return ids
    }

    /// The policy word for word, but for the ARNs of identities that have gone: their unique ids stand there, so that
    /// nobody takes another of the same name for them.
    func shownPolicy(of key: Key) -> String {
        key.policyPrincipals.reduce(key.policy) { policy, principal in
            let (arn, id) = principal
            guard principals.look(up: arn) != .identity(uniqueID: id) else { return policy }
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
