package import KMSCore
package import SigV4

/// Who may call, by access key.
package protocol CredentialDirectory: Sendable {
    /// The caller whose access key this is, or nil when none is in use. Asked on every request, so it must not wait
    /// for anything, and an access key that is deactivated stops working at once.
    func caller(withAccessKey id: String) -> Caller?

    /// Whether this is a temporary access key that has expired.
    func isExpired(accessKey id: String) -> Bool

    /// A request was signed with the access key. To be returned from at once, too.
    func noteUse(of accessKey: String, service: String, region: Region)
}

/// An identity, and what its requests are signed with.
package struct Caller: Sendable {
    package let identity: CallerIdentity
    package let credential: SigningCredential

    package init(identity: CallerIdentity, credential: SigningCredential) {
        self.identity = identity
        self.credential = credential
    }
}
