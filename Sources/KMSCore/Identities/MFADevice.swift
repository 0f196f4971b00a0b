/// A virtual multi-factor device: a secret that its owner's authenticator shares (RFC 6238).
public struct MFADevice: Hashable, Sendable {
    public let account: AccountID
    /// As in the serial number `arn:aws:iam::111122223333:mfa/NAME`.
    public let name: String
    /// The user whose it is; nil until it is enabled.
    public var user: String?
    /// 20 bytes, sealed under the system key for credentials.
    public var sealedSecret: SealedBytes
    public let creationDate: Timestamp
    public var enableDate: Timestamp?
    /// The time step of the last code that was taken: none is taken twice, nor one before it.
    public var lastStep: Int64

    public init(
        account: AccountID, name: String, user: String? = nil, sealedSecret: SealedBytes, creationDate: Timestamp,
        enableDate: Timestamp? = nil, lastStep: Int64 = 0
    ) {
        self.account = account
        self.name = name
        self.user = user
        self.sealedSecret = sealedSecret
        self.creationDate = creationDate
        self.enableDate = enableDate
        self.lastStep = lastStep
    }

    package var serialNumber: String { "arn:aws:iam::\(account):mfa/\(name)" }
}
