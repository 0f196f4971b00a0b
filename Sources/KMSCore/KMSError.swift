/// An error of the domain: what every front end translates into its own wire's error, in one file each.
///
/// `message` is for the caller and never holds a secret; `cause` is for the operator's log.
public struct KMSError: Error, Hashable, Sendable {
    /// What went wrong. The set is open: later fronts and key stores add their own.
    public struct Code: RawRepresentable, Hashable, Sendable {
        public let rawValue: String
        public init(rawValue: String) { self.rawValue = rawValue }

        public static let accessDenied = Code(rawValue: "accessDenied")
        public static let alreadyExists = Code(rawValue: "alreadyExists")
        /// Another change of the same key's material is under way.
        public static let conflict = Code(rawValue: "conflict")
        public static let customKeyStoreNotFound = Code(rawValue: "customKeyStoreNotFound")
        public static let dependencyTimeout = Code(rawValue: "dependencyTimeout")
        public static let disabled = Code(rawValue: "disabled")
        public static let dryRun = Code(rawValue: "dryRun")
        public static let expiredImportToken = Code(rawValue: "expiredImportToken")
        public static let incorrectKey = Code(rawValue: "incorrectKey")
        public static let incorrectKeyMaterial = Code(rawValue: "incorrectKeyMaterial")
        public static let internalFailure = Code(rawValue: "internalFailure")
        public static let invalidAliasName = Code(rawValue: "invalidAliasName")
        public static let invalidARN = Code(rawValue: "invalidARN")
        public static let invalidCiphertext = Code(rawValue: "invalidCiphertext")
        public static let invalidGrantID = Code(rawValue: "invalidGrantID")
        public static let invalidGrantToken = Code(rawValue: "invalidGrantToken")
        public static let invalidImportToken = Code(rawValue: "invalidImportToken")
        public static let invalidKeyUsage = Code(rawValue: "invalidKeyUsage")
        public static let invalidMAC = Code(rawValue: "invalidMAC")
        public static let invalidMarker = Code(rawValue: "invalidMarker")
        public static let invalidSignature = Code(rawValue: "invalidSignature")
        public static let invalidState = Code(rawValue: "invalidState")
        public static let keyUnavailable = Code(rawValue: "keyUnavailable")
        public static let limitExceeded = Code(rawValue: "limitExceeded")
        public static let malformedPolicy = Code(rawValue: "malformedPolicy")
        /// The token answers, but the object is not there or is not the one that was made. Callers are told
        /// ``keyUnavailable``.
        public static let materialMissing = Code(rawValue: "materialMissing")
        public static let notAuthorized = Code(rawValue: "notAuthorized")
        public static let notFound = Code(rawValue: "notFound")
        public static let tag = Code(rawValue: "tag")
        public static let throttled = Code(rawValue: "throttled")
        public static let unsupported = Code(rawValue: "unsupported")
        public static let validation = Code(rawValue: "validation")
    }

    public var code: Code
    public var message: String
    public var cause: String?

    public init(_ code: Code, _ message: String, cause: String? = nil) {
        self.code = code
        self.message = message
        self.cause = cause
    }
}

extension KMSError {
    /// A ciphertext that does not decrypt. One opaque error for every reason, so that it is no oracle; AWS sends no text.
    public static let invalidCiphertext = KMSError(.invalidCiphertext, "")

    /// The request would have succeeded (`DryRun`).
    package static let dryRun = KMSError(
        .dryRun, "The request would have succeeded, but the DryRun option is set."
    )
}
