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
        try principals.principalIDs(of: document) { name, statement in
            KMSError(
                .malformedPolicy,
                "Policy contains a statement with one or more invalid principals: \(name) in "
                    + "Statement[\(statement.index)] is no account, user or role of this server.")
        }
    }

    func shownPolicy(of key: Key) -> String { principals.shown(key.policy, naming: key.policyPrincipals) }
}
