/// Why a worker does not serve, where that is something which its key store's owner can put right. It follows the text
/// in the greeting of a worker that ends.
package enum WorkerFault: UInt8, Sendable, CaseIterable {
    case other
    /// The token refused the PIN, or did before.
    case pinRefused
    /// The PIN is locked, or one more wrong one would lock it.
    case pinLocked
    /// The token has no user PIN yet.
    case noUser
    /// Another login stands in the way.
    case otherLogin
    /// The module shows no such token.
    case noToken
    /// The token is there, and nobody has set it up.
    case tokenNotReady
    /// The HSM does not answer.
    case noAnswer
}
