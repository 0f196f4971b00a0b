extension KeyStore {
    /// As ``resolveKeyOnly(_:for:by:with:)``, with AWS's words for aliases.
    func resolveGrantedKey(
        _ name: String, for action: KMSAction, by context: CallContext, with conditions: RequestConditions
    ) throws(KMSError) -> KeyEntry {
        _ = try grantedKey(name, in: context.scope)
        return try resolve(name, for: action, by: context, with: conditions)
    }

    /// The address of a key that is named by its id or ARN.
    func grantedKey(_ name: String, in scope: Scope) throws(KMSError) -> KeyAddress {
        let identifier = try KeyIdentifier(name, in: scope)
        guard case .id(let id) = identifier.name else {
            throw KMSError(.invalidARN, "Key Aliases are not supported for this operation.")
        }
        return KeyAddress(scope: Scope(account: identifier.account, region: scope.region), id: id)
    }
}
