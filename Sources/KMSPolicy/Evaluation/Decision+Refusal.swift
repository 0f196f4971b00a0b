extension Decision {
    /// The end of AWS's sentence for a refusal, as in `because no identity-based policy allows the kms:Decrypt action`
    /// and `with an explicit deny in a resource-based policy`. Empty for what is allowed.
    package func refusal(of action: String) -> String {
        switch reason {
        case .allowed, .allowedToRoot: ""
        case .denied(let source, _): "with an explicit deny in \(source.nameWithArticle)"
        case .notAllowed(let missing): "because no \(missing.rawValue) allows the \(action) action"
        // AWS says no more than for any other key of another account.
        case .notAcrossAccounts:
            "because no \(MissingAllow.resourcePolicy.rawValue) allows the \(action) action"
        }
    }
}

extension PolicySource {
    fileprivate var nameWithArticle: String {
        switch self {
        case .keyPolicy, .trustPolicy, .proxyPolicy, .grant: "a resource-based policy"
        case .identityPolicy: "an identity-based policy"
        case .permissionsBoundary: "a permissions boundary"
        case .sessionPolicy: "a session policy"
        }
    }
}
