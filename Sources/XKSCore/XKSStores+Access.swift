package import KMSCore
package import KMSPolicy

/// What callers ask of a key.
package enum XKSOperation: String, Sendable, CaseIterable {
    case getKeyMetadata = "GetKeyMetadata"
    case encrypt = "Encrypt"
    case decrypt = "Decrypt"
    case getHealthStatus = "GetHealthStatus"

    /// As policies of stores name it: `kms-xks-proxy:Encrypt`.
    package var policyName: String { "kms-xks-proxy:" + rawValue }
}

// Who may use a key is AWS KMS's to decide, by its key policies, before it asks. A store can have a policy besides.
extension XKSStores {
    /// The key, for a caller whose signature has been verified; and what the store's policy decided, where it has one.
    ///
    /// - Parameter note: Given the decision, for the record, also where it is a refusal.
    package func resolve(
        _ id: String, of entry: XKSStoreEntry, for operation: XKSOperation, _ metadata: XKSRequestMetadata,
        noting note: (AuditRecord.DecisionNote) -> Void
    ) throws(KMSError) -> ExposedKey {
        let name = KeyExposure.Name(prefix: entry.store.prefix, id: id)
        guard let key = keys.exposedKey(name) else { throw .noExposedKey(name) }
        if let policy = entry.policy {
            let decision = Self.decide(operation, on: key, metadata, policy)
            note(AuditRecord.DecisionNote(action: operation.policyName, resource: key.arn, decision: decision))
            guard decision.isAllowed else {
                throw KMSError(.accessDenied, "The policy of the external key store does not allow the request.")
            }
        }
        switch operation {
        case .encrypt: try key.check(.encrypt)
        case .decrypt: try key.check(.decrypt)
        case .getKeyMetadata, .getHealthStatus: break
        }
        return key
    }

    private static func decide(
        _ operation: XKSOperation, on key: ExposedKey, _ metadata: XKSRequestMetadata, _ policy: CompiledPolicy
    ) -> Decision {
        Decision.byResourcePolicy(
            PolicyQuestion(
                action: operation.policyName, resource: key.arn,
                context: XKSConditions(metadata: metadata, externalKeyID: key.exposure.name.id)),
            by: PolicyCaller(awsPrincipal: metadata.awsPrincipalARN), policy)
    }
}

extension ExposedKey {
    /// Throws unless the key may be used like that now.
    func check(_ use: KeyExposure.Use) throws(KMSError) {
        guard exposure.uses.contains(use) else {
            throw KMSError(.invalidKeyUsage, "The external key is not for \(use.rawValue).")
        }
        switch state {
        // Unavailable is tried: the material may be back, and the token has the last word.
        case .enabled, .unavailable: break
        case .disabled: throw KMSError(.disabled, "The external key is disabled.")
        default: throw KMSError(.invalidState, "The external key is \(state.rawValue).")
        }
    }
}

/// The values of condition keys in a store's policy. Besides those of AWS there are `xks:KmsKeyArn`,
/// `xks:KmsOperation` and `xks:ExternalKeyId`.
private struct XKSConditions: ConditionContext {
    let metadata: XKSRequestMetadata
    let externalKeyID: String

    func values(of key: ConditionKey) -> ConditionValues {
        switch key {
        case .named(.principalARN): .one(PolicyCaller(awsPrincipal: metadata.awsPrincipalARN).principalARN)
        case .named(.principalAccount):
            ConditionValues(PolicyCaller(awsPrincipal: metadata.awsPrincipalARN).account.nilIfEmpty)
        case .named(.viaService): ConditionValues(metadata.kmsViaService)
        case .named(.sourceVPC): ConditionValues(metadata.awsSourceVPC)
        case .named(.sourceVPCE): ConditionValues(metadata.awsSourceVPCE)
        case .other("xks:kmskeyarn"): ConditionValues(metadata.kmsKeyARN)
        case .other("xks:kmsoperation"): .one(metadata.kmsOperation)
        case .other("xks:externalkeyid"): .one(externalKeyID)
        default: .absent
        }
    }
}

extension PolicyCaller {
    /// Who asked AWS KMS, as far as what it says can be read. Anything else is somebody whom no policy names but by `*`.
    package init(awsPrincipal text: String) {
        let parts = text.split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 6, parts[0] == "arn" else {
            let isService = text.hasSuffix(".amazonaws.com") && !text.utf8.contains(UInt8(ascii: ":"))
            self.init(kind: isService ? .service(text) : .user, account: "", arn: text, userID: "")
            return
        }
        let (partition, account, resource) = (parts[1], parts[4], parts[5])
        let words = resource.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        switch (parts[2], words[0], words.count) {
        case ("iam", "root", 1):
            self.init(kind: .root, account: account, arn: text, userID: account)
        case ("sts", "assumed-role", 3):
            // AWS's own ARN of a session leaves out the role's path.
            self.init(
                kind: .roleSession, account: account, arn: text, userID: "",
                issuerARN: "arn:\(partition):iam::\(account):role/\(words[1])")
        case ("sts", "federated-user", 2):
            self.init(kind: .federatedUser, account: account, arn: text, userID: "")
        default:
            self.init(kind: .user, account: account, arn: text, userID: "")
        }
    }
}

extension String {
    fileprivate var nilIfEmpty: String? { isEmpty ? nil : self }
}
