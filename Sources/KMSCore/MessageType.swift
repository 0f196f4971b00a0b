/// What a message to be signed is, as AWS KMS names it.
package enum MessageType: String, Sendable, CaseIterable {
    /// The message itself: it is hashed here, by the hash of the algorithm.
    case raw = "RAW"
    /// The message's hash, made by the caller.
    case digest = "DIGEST"
    /// The message representative µ of ML-DSA (FIPS 204, section 6.2), made by the caller.
    case externalMU = "EXTERNAL_MU"
}

/// What Sign, Verify, GenerateMac and VerifyMac take.
enum Message {
    /// How many bytes a message may have.
    static let sizes = 1...4096

    static func checkSize(_ count: Int) throws(KMSError) {
        guard !sizes.contains(count) else { return }
        let bound =
            count < sizes.lowerBound
            ? "greater than or equal to \(sizes.lowerBound)" : "less than or equal to \(sizes.upperBound)"
        throw KMSError(
            .validation,
            "1 validation error detected: Value at 'message' failed to satisfy constraint: Member must have length "
                + bound
        )
    }
}
