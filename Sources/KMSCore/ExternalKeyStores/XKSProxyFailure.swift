/// What went wrong between the server and an XKS proxy. What callers are told of it, and as which exception, is AWS KMS's
/// ("Troubleshooting external key stores", AWS KMS Developer Guide).
package struct XKSProxyFailure: Error, Hashable, Sendable {
    package enum Kind: Hashable, Sendable, CaseIterable {
        // What a proxy answers (errorName, XKS Proxy API).
        case accessDenied, authenticationFailed, dependencyTimeout, internalFailure, invalidCiphertext, invalidKeyUsage,
            invalidState, invalidURIPath, keyNotFound, throttling, unsupportedOperation, validation
        // What is found out on this side.
        /// The answer is none of those that there are.
        case invalidResponse
        case invalidTLS
        case timedOut
        /// None of the proxy's key managers can be used.
        case unhealthy
        case unreachable
    }

    package let kind: Kind
    /// For the operator's log.
    package let cause: String

    package init(_ kind: Kind, _ cause: String) {
        self.kind = kind
        self.cause = cause
    }

    /// What an operation is told that uses a key.
    func cryptographicError(_ arn: String) -> KMSError {
        KMSError(.invalidState, kind.message, cause: "\(arn): \(cause)")
    }

    /// What CreateKey is told.
    var keyCreationError: KMSError {
        let code: KMSError.Code =
            switch kind {
            case .keyNotFound: .xksKeyNotFound
            case .invalidKeyUsage, .invalidState: .xksKeyInvalidConfiguration
            default: .customKeyStoreInvalidState
            }
        return KMSError(code, kind.message, cause: cause)
    }

    /// What CreateCustomKeyStore and UpdateCustomKeyStore are told.
    var managementError: KMSError {
        let code: KMSError.Code =
            switch kind {
            case .authenticationFailed: .xksProxyIncorrectAuthenticationCredential
            case .accessDenied, .invalidState, .invalidTLS, .invalidURIPath: .xksProxyInvalidConfiguration
            case .dependencyTimeout, .throttling, .timedOut, .unhealthy, .unreachable: .xksProxyURIUnreachable
            case .internalFailure, .invalidCiphertext, .invalidKeyUsage, .invalidResponse, .keyNotFound,
                .unsupportedOperation, .validation:
                .xksProxyInvalidResponse
            }
        return KMSError(code, kind.message, cause: cause)
    }

    /// What DescribeCustomKeyStores tells of a connection that failed.
    package var connectionError: ConnectionErrorCode {
        switch kind {
        case .authenticationFailed: .invalidCredentials
        case .accessDenied: .xksProxyAccessDenied
        case .invalidState, .invalidURIPath: .xksProxyInvalidConfiguration
        case .invalidTLS: .xksProxyInvalidTLSConfiguration
        case .dependencyTimeout, .timedOut: .xksProxyTimedOut
        case .internalFailure, .throttling, .unhealthy, .unreachable: .xksProxyNotReachable
        case .invalidCiphertext, .invalidKeyUsage, .invalidResponse, .keyNotFound, .unsupportedOperation, .validation:
            .xksProxyInvalidResponse
        }
    }
}

extension XKSProxyFailure.Kind {
    fileprivate var message: String {
        let rejected = "The external key store proxy rejected the request because "
        return switch self {
        case .accessDenied:
            "The external key store proxy denied access to the operation. Verify that the user and the external key are "
                + "both authorized for this operation, and try the request again."
        case .authenticationFailed:
            rejected
                + "it could not authenticate AWS KMS. Verify the credentials for your external key store and update "
                + "if necessary."
        case .dependencyTimeout:
            "AWS KMS rejected the request because the external key store proxy did not respond in time. Retry the "
                + "request. If you see this error repeatedly, report it to your external key store proxy administrator."
        case .internalFailure:
            rejected + "it cannot communicate with the external key manager. Verify that the external key store proxy "
                + "configuration is correct and that the external key manager is available."
        case .invalidCiphertext:
            rejected + "the specified ciphertext or additional authenticated data is corrupted, missing, or otherwise "
                + "invalid."
        case .invalidKeyUsage:
            rejected + "the external key does not support the requested operation."
        case .invalidState:
            rejected + "the external key is not enabled in the external key manager."
        case .invalidURIPath:
            rejected
                + "of an invalid URI path. Verify the URI path for your external key store and update if necessary."
        case .keyNotFound:
            rejected + "it could not find the external key."
        case .throttling:
            "The external key store proxy rejected the request due to a very high request rate. Reduce the frequency of "
                + "your calls using KMS keys in this external key store."
        case .unsupportedOperation:
            rejected + "it does not support the requested cryptographic operation."
        case .invalidResponse, .validation:
            "AWS KMS cannot interpret the response from the external key store proxy. If you see this error repeatedly, "
                + "consult your external key store proxy administrator."
        case .invalidTLS:
            "AWS KMS cannot establish a TLS connection to the external key store proxy. Verify the TLS configuration, "
                + "including its certificate."
        case .timedOut:
            "The external key store proxy did not respond to the request in the time allotted. Retry the request. If you "
                + "see this error repeatedly, report it to your external key store proxy administrator."
        case .unhealthy:
            "The external key store proxy is in an unhealthy state. If you see this message repeatedly, notify your "
                + "external key store proxy administrator."
        case .unreachable:
            "AWS KMS cannot communicate with the external key store proxy. This might be a transient network issue. If you "
                + "see this error repeatedly, verify that your external key store proxy is active and is connected to the "
                + "network, and that its endpoint URI is correct in your external key store."
        }
    }
}
