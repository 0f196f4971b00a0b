import KMSCore

// What callers are told of an HSM that cannot serve them.
extension KMSError {
    static func hsmUnavailable(cause: String?) -> KMSError {
        KMSError(.keyUnavailable, "The HSM is not available. Try again later.", cause: cause)
    }

    /// The workers are being ended for good.
    static let hsmGivenUp = KMSError(.keyUnavailable, "The HSM is not used any more. Try again later.")

    static let hsmTooLate = KMSError(.dependencyTimeout, "The HSM did not answer in time. Try again.")
}
