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
