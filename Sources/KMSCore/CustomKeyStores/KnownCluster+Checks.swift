// Which cluster a custom key store may have, and which name.
extension KeyStore {
    func cluster(_ id: String, for account: AccountID) throws(KMSError) -> KnownCluster {
        guard let cluster = customKeyStoreConnector.cluster(id, for: account) else {
            throw .cloudHSMClusterNotFound(id)
        }
        return cluster
    }

    /// Throws when another key store has the cluster, or one of the same certificate, which is a copy of it.
    func checkThatNobodyUses(_ cluster: KnownCluster, but own: CustomKeyStoreID? = nil) throws(KMSError) {
        let user = customKeyStores.all.first { store in
            guard store.id != own, case .cloudHSM(let backing) = store.backing else { return false }
            return backing.clusterID == cluster.id
                || cluster.isOf(trustAnchor: backing.trustAnchor) == true
        }
        guard user == nil else {
            throw KMSError(
                .cloudHSMClusterInUse,
                "The cluster \(cluster.id), or one of the same certificate, belongs to a custom key store already. Each "
                    + "needs a cluster of its own.")
        }
    }

    func checkName(_ name: String, in scope: Scope) throws(KMSError) {
        guard !customKeyStores.all.contains(where: { $0.scope == scope && $0.name == name }) else {
            throw KMSError(
                .customKeyStoreNameInUse, "There is a custom key store named '\(name)' already. Choose another name.")
        }
    }
}

extension KnownCluster {
    /// Whether a certificate is this cluster's; nil where the configuration names none.
    func isOf(trustAnchor pem: String) -> Bool? {
        guard let own = trustAnchor.flatMap(TrustAnchor.init(pem:)) else { return nil }
        return own == TrustAnchor(pem: pem)
    }

    func checkTrustAnchor(_ pem: String) throws(KMSError) {
        guard TrustAnchor(pem: pem) != nil else {
            throw KMSError(
                .incorrectTrustAnchor,
                "The trust anchor certificate is not a certificate in PEM. Give the content of customerCA.crt.")
        }
        guard isOf(trustAnchor: pem) != false else {
            throw KMSError(
                .incorrectTrustAnchor,
                "The trust anchor certificate is not that of the cluster \(id). Give the content of its customerCA.crt."
            )
        }
    }

    /// Throws unless the cluster is known to be a copy of the one that the key store was made with.
    func checkRelation(to store: CustomKeyStore) throws(KMSError) {
        guard case .cloudHSM(let backing) = store.backing, backing.clusterID != id else { return }
        guard isOf(trustAnchor: backing.trustAnchor) == true else {
            throw KMSError(
                .cloudHSMClusterNotRelated,
                "The cluster \(id) is not known to have the certificate of the cluster \(backing.clusterID), so it is "
                    + "taken for another one. The server's operator can name its certificate.")
        }
    }
}
