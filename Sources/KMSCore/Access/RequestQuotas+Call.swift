extension RequestQuotas {
    /// Accounts for a decision: every key that a call uses counts, and of all else a call's first decision.
    ///
    /// - Parameter pairSpec: Of a data key pair: to make one is what costs.
    func spend(
        _ action: KMSAction, for resource: Resource, pairSpec: KeySpec? = nil, by context: CallContext
    ) throws(KMSError) {
        var spec = pairSpec
        if spec == nil, case .key(let entry) = resource { spec = entry.key.spec }
        guard action.isCryptographic || !context.draft.hasDecisions else { return }
        try spend(action, spec: spec, account: context.principal.account, region: context.region)
    }
}

extension KMSAction {
    /// Whether AWS counts it as a cryptographic operation.
    var isCryptographic: Bool {
        switch self {
        case .decrypt, .deriveSharedSecret, .encrypt, .generateDataKey, .generateDataKeyPair,
            .generateDataKeyPairWithoutPlaintext, .generateDataKeyWithoutPlaintext, .generateMAC, .generateRandom,
            .reEncryptFrom, .reEncryptTo, .sign, .verify, .verifyMAC:
            true
        default:
            false
        }
    }
}
