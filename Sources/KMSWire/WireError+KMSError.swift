package import KMSCore

extension WireError {
    /// The one table from the domain's errors to AWS's. A code that is not in it is the server's own fault.
    private static let table: [KMSError.Code: (code: String, status: Int)] = [
        .accessDenied: ("AccessDeniedException", 400),
        .alreadyExists: ("AlreadyExistsException", 400),
        .cloudHSMClusterInUse: ("CloudHsmClusterInUseException", 400),
        .cloudHSMClusterInvalidConfiguration: ("CloudHsmClusterInvalidConfigurationException", 400),
        .cloudHSMClusterNotActive: ("CloudHsmClusterNotActiveException", 400),
        .cloudHSMClusterNotFound: ("CloudHsmClusterNotFoundException", 400),
        .cloudHSMClusterNotRelated: ("CloudHsmClusterNotRelatedException", 400),
        .conflict: ("ConflictException", 400),
        .customKeyStoreHasKeys: ("CustomKeyStoreHasCMKsException", 400),
        .customKeyStoreInvalidState: ("CustomKeyStoreInvalidStateException", 400),
        .customKeyStoreNameInUse: ("CustomKeyStoreNameInUseException", 400),
        .customKeyStoreNotFound: ("CustomKeyStoreNotFoundException", 400),
        .dependencyTimeout: ("DependencyTimeoutException", 500),
        .disabled: ("DisabledException", 400),
        .dryRun: ("DryRunOperationException", 400),
        .expiredImportToken: ("ExpiredImportTokenException", 400),
        .incorrectKey: ("IncorrectKeyException", 400),
        .incorrectKeyMaterial: ("IncorrectKeyMaterialException", 400),
        .incorrectTrustAnchor: ("IncorrectTrustAnchorException", 400),
        .internalFailure: ("KMSInternalException", 500),
        .invalidAliasName: ("InvalidAliasNameException", 400),
        .invalidARN: ("InvalidArnException", 400),
        .invalidCiphertext: ("InvalidCiphertextException", 400),
        .invalidGrantID: ("InvalidGrantIdException", 400),
        .invalidGrantToken: ("InvalidGrantTokenException", 400),
        .invalidImportToken: ("InvalidImportTokenException", 400),
        .invalidKeyUsage: ("InvalidKeyUsageException", 400),
        .invalidMAC: ("KMSInvalidMacException", 400),
        .invalidMarker: ("InvalidMarkerException", 400),
        .invalidSignature: ("KMSInvalidSignatureException", 400),
        .invalidState: ("KMSInvalidStateException", 400),
        .keyUnavailable: ("KeyUnavailableException", 500),
        .limitExceeded: ("LimitExceededException", 400),
        .malformedPolicy: ("MalformedPolicyDocumentException", 400),
        .materialMissing: ("KeyUnavailableException", 500),
        .notAuthorized: ("NotAuthorizedException", 400),
        .notFound: ("NotFoundException", 400),
        .tag: ("TagException", 400),
        .throttled: ("ThrottlingException", 400),
        .unsupported: ("UnsupportedOperationException", 400),
        .validation: ("ValidationException", 400),
        .xksKeyAlreadyInUse: ("XksKeyAlreadyInUseException", 400),
        .xksKeyInvalidConfiguration: ("XksKeyInvalidConfigurationException", 400),
        .xksKeyNotFound: ("XksKeyNotFoundException", 400),
        .xksProxyIncorrectAuthenticationCredential: ("XksProxyIncorrectAuthenticationCredentialException", 400),
        .xksProxyInvalidConfiguration: ("XksProxyInvalidConfigurationException", 400),
        .xksProxyInvalidResponse: ("XksProxyInvalidResponseException", 400),
        .xksProxyURIInUse: ("XksProxyUriInUseException", 400),
        .xksProxyURIUnreachable: ("XksProxyUriUnreachableException", 400),
        .xksProxyVPCEndpointServiceNotFound: ("XksProxyVpcEndpointServiceNotFoundException", 400),
    ]

    package init(_ error: KMSError) {
        let entry = Self.table[error.code] ?? (code: "KMSInternalException", status: 500)
        self.init(
            entry.code, status: entry.status, error.message.isEmpty ? nil : error.message, cause: error.cause
        )
    }
}
