package import KMSCore

/// What IAM and STS add to the domain's errors. Besides they throw `accessDenied`, `notFound` (NoSuchEntity),
/// `alreadyExists` (EntityAlreadyExists), `limitExceeded`, `malformedPolicy` (MalformedPolicyDocument), `validation`,
/// `invalidMarker`, `throttled`, `tag` (InvalidInput), and what the backend throws.
extension KMSError.Code {
    /// DeleteConflict: something still belongs to what is to be deleted.
    package static let deleteConflict = KMSError.Code(rawValue: "deleteConflict")
    /// InvalidAuthenticationCode: of EnableMFADevice. With wrong codes STS throws `accessDenied`.
    package static let invalidAuthenticationCode = KMSError.Code(rawValue: "invalidAuthenticationCode")
    /// InvalidInput
    package static let invalidInput = KMSError.Code(rawValue: "invalidInput")
    /// PackedPolicyTooLarge: policies and tags of a session are.
    package static let packedPolicyTooLarge = KMSError.Code(rawValue: "packedPolicyTooLarge")
    /// InvalidClientTokenId: the credentials are good, but not for this.
    package static let unfitCredentials = KMSError.Code(rawValue: "unfitCredentials")
}
