package import KMSCore
package import SecureMemory
package import SigV4

/// Who calls, and what its requests are signed with.
package struct AuthenticatedCaller: Sendable {
    package let identity: CallerIdentity
    package let credential: SigningCredential
}

/// A new access key: its secret is told this once.
package final class IssuedAccessKey: Sendable {
    /// As in `AKIAIOSFODNN7EXAMPLE`.
    package let id: String
    /// 40 characters.
    package let secret: SecretBytes
    /// Nil for the account's root.
    package let userName: String?
    package let creationDate: Timestamp

    init(id: String, secret: consuming SecretBytes, userName: String?, creationDate: Timestamp) {
        self.id = id
        self.secret = secret
        self.userName = userName
        self.creationDate = creationDate
    }
}

/// An access key as callers are told of it.
package struct AccessKeyDescription: Hashable, Sendable {
    package let id: String
    /// Nil for the account's root.
    package let userName: String?
    package let isActive: Bool
    package let creationDate: Timestamp
}

/// What is known of an access key's last use, since the server's start.
package struct AccessKeyUse: Hashable, Sendable {
    package let userName: String?
    package let last: Last?

    package struct Last: Hashable, Sendable {
        package let date: Timestamp
        /// As in `kms`.
        package let service: String
        package let region: Region
    }
}

/// Temporary credentials: the secrets are told this once.
package final class TemporaryCredentials: Sendable {
    /// `ASIA…`
    package let accessKeyID: String
    /// 40 characters.
    package let secret: SecretBytes
    /// Goes with every request as x-amz-security-token.
    package let sessionToken: SecretBytes
    package let expirationDate: Timestamp

    init(
        accessKeyID: String, secret: consuming SecretBytes, sessionToken: consuming SecretBytes,
        expirationDate: Timestamp
    ) {
        self.accessKeyID = accessKeyID
        self.secret = secret
        self.sessionToken = sessionToken
        self.expirationDate = expirationDate
    }
}

/// A new virtual multi-factor device: its secret is told this once.
package final class IssuedDevice: Sendable {
    /// `arn:aws:iam::111122223333:mfa/NAME`
    package let serialNumber: String
    /// The secret in base32 (RFC 4648, section 6), as authenticators take it: 32 characters.
    package let seed: SecretBytes
    /// `otpauth://totp/…?secret=…`: the same, as a QR code has it.
    package let uri: SecretBytes

    init(serialNumber: String, seed: consuming SecretBytes, uri: consuming SecretBytes) {
        self.serialNumber = serialNumber
        self.seed = seed
        self.uri = uri
    }
}

/// Which devices ListVirtualMFADevices shall tell of.
package enum DeviceAssignment: String, Sendable {
    case assigned = "Assigned"
    case unassigned = "Unassigned"
    case any = "Any"
}
