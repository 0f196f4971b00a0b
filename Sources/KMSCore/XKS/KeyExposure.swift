/// That the XKS proxy exposes a key, under which name, and for what. Such a key serves nobody else: what the proxy's
/// callers choose as authenticated data could otherwise be what a ciphertext of the KMS API has.
public struct KeyExposure: Hashable, Sendable {
    /// What the proxy's callers know the key by.
    public struct Name: Hashable, Sendable {
        /// Of the store, which is the beginning of its path.
        public let prefix: String
        /// externalKeyId (XKS Proxy API, section 2.3).
        public let id: String

        public init(prefix: String, id: String) {
            self.prefix = prefix
            self.id = id
        }
    }

    /// keyUsage, as GetKeyMetadata spells it.
    public enum Use: String, Hashable, Sendable, CaseIterable {
        case encrypt = "ENCRYPT"
        case decrypt = "DECRYPT"
    }

    public let name: Name
    public var uses: Set<Use>

    public init(name: Name, uses: Set<Use> = [.encrypt, .decrypt]) {
        self.name = name
        self.uses = uses
    }
}

extension KMSAction {
    /// Whether it lets a key work on data, or lets others have it work.
    var needsKeyOfItsOwn: Bool {
        switch self {
        case .encrypt, .decrypt, .reEncryptFrom, .reEncryptTo, .generateDataKey, .generateDataKeyWithoutPlaintext,
            .generateDataKeyPair, .generateDataKeyPairWithoutPlaintext, .createGrant:
            true
        default:
            false
        }
    }
}

extension KeyEntry {
    /// Throws for what the KMS API does not do with a key of the XKS proxy.
    func checkExposure(for action: KMSAction) throws(KMSError) {
        guard let exposure = key.exposure, action.needsKeyOfItsOwn else { return }
        throw KMSError(
            .unsupported,
            "\(arn) is the external key '\(exposure.name.id)' of the XKS proxy: it encrypts and decrypts through the proxy "
                + "alone. Create another key for \(action.rawValue)."
        )
    }
}
