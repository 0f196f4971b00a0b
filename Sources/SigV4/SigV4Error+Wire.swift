extension SigV4Error {
    /// AWS's name for the error, as it stands in `__type`.
    public var code: String {
        switch self {
        case .missingAuthenticationToken:
            "MissingAuthenticationTokenException"
        case .unsupportedAlgorithm, .incompleteSignature, .malformedAuthorization, .malformedDate,
            .presignedNotSupported:
            "IncompleteSignatureException"
        case .unrecognizedClient, .sessionTokenInvalid:
            "UnrecognizedClientException"
        case .headerNotSigned, .invalidCredentialScope, .expired, .notYetCurrent, .contentHashMismatch,
            .unsignedPayloadNotSupported, .signatureMismatch:
            "InvalidSignatureException"
        }
    }

    /// What AWS says, word for word where its wording is known. AWS appends the (hashed) header to some of these;
    /// it tells the caller nothing, so it is left out.
    public var message: String {
        switch self {
        case .missingAuthenticationToken:
            "Missing Authentication Token"
        case .unsupportedAlgorithm(let name):
            "Unsupported AWS 'algorithm': '\(name)' (only AWS4-HMAC-SHA256 for now)."
        case .incompleteSignature(let missing):
            missing.map(\.complaint).joined(separator: " ")
        case .malformedAuthorization(let sentence):
            sentence
        case .malformedDate(let text):
            "Date must be in ISO-8601 'basic format'. Got '\(text)'. See http://en.wikipedia.org/wiki/ISO_8601"
        case .presignedNotSupported:
            "Presigned requests are not supported: send the signature in the Authorization header."
        case .headerNotSigned("host"):
            "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization."
        case .headerNotSigned(let name):
            "'\(name)' must be a 'SignedHeader' in the AWS Authorization."
        case .invalidCredentialScope(let faults):
            faults.map(\.complaint).joined(separator: " ")
        case .expired(let signed, let now, let skew):
            """
            Signature expired: \(SigningTime(epochSeconds: signed)) is now earlier than \
            \(SigningTime(epochSeconds: now - skew)) (\(SigningTime(epochSeconds: now)) - \(skew / 60) min.)
            """
        case .notYetCurrent(let signed, let now, let skew):
            """
            Signature not yet current: \(SigningTime(epochSeconds: signed)) is still later than \
            \(SigningTime(epochSeconds: now + skew)) (\(SigningTime(epochSeconds: now)) + \(skew / 60) min.)
            """
        case .unrecognizedClient, .sessionTokenInvalid:
            "The security token included in the request is invalid."
        case .contentHashMismatch:
            "The provided 'x-amz-content-sha256' header does not match what was computed."
        case .unsignedPayloadNotSupported:
            "Unsigned and streamed payloads are not supported: 'x-amz-content-sha256' must be the hash of the body."
        case .signatureMismatch:
            """
            The request signature we calculated does not match the signature you provided. Check your AWS Secret \
            Access Key and signing method. Consult the service documentation for details.
            """
        }
    }
}

extension SigV4Error: CustomStringConvertible {
    public var description: String { "\(code): \(message)" }
}

extension AuthorizationPart {
    fileprivate var complaint: String {
        switch self {
        case .credential, .signature, .signedHeaders: "Authorization header requires '\(rawValue)' parameter."
        case .date: "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header."
        }
    }
}

extension CredentialScopeFault {
    fileprivate var complaint: String {
        switch self {
        case .region:
            "Credential should be scoped to a valid region."
        case .service(let expected):
            "Credential should be scoped to correct service: '\(expected)'."
        case .terminator(let found):
            "Credential should be scoped with a valid terminator: 'aws4_request', not '\(found)'."
        case .date(let found, let signed):
            """
            Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '\(found)' != \
            '\(SigningTime(epochSeconds: signed).day)', from '\(SigningTime(epochSeconds: signed))'.
            """
        }
    }
}
