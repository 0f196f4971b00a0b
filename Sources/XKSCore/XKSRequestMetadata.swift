/// What AWS KMS tells of a request that it makes (XKS Proxy API, requestMetadata): who asked it, for what.
package struct XKSRequestMetadata: Hashable, Sendable {
    /// An ARN, a service's name, or "AWS Internal". Empty of a health check.
    package var awsPrincipalARN = ""
    /// The KMS key that the external key is behind.
    package var kmsKeyARN: String?
    /// As in `GenerateDataKey`. Which ones there are, AWS decides.
    package var kmsOperation = ""
    /// For finding the request in AWS's own records.
    package var kmsRequestID = ""
    package var awsSourceVPC: String?
    package var awsSourceVPCE: String?
    package var kmsViaService: String?

    package init() {}
}
