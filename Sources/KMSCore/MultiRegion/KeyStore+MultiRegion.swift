import Synchronization

// What is known of a multi-Region key's set.
extension KeyStore {
    /// In how many Regions one key may be. Each of them counts the encryptions that it makes under the material that
    /// they share, and may make this part of what one key may.
    static let maximumRegionsOfKey = 16

    /// The same multi-Region key in other Regions, by Region; none of a single-Region key.
    func siblings(of address: KeyAddress) -> [KeyEntry] {
        guard address.id.isMultiRegion else { return [] }
        return table.withLock { $0.set(of: address) }.filter { $0.key.address != address }
            .sorted { $0.key.address.scope.region < $1.key.address.scope.region }
    }

    /// Nil for single-Region keys.
    func configuration(of key: Key) -> MultiRegionConfiguration? {
        guard let type = key.multiRegionKeyType, let region = key.primaryRegion else { return nil }
        let primary = KeyAddress(scope: Scope(account: key.address.scope.account, region: region), id: key.address.id)
        let set = siblings(of: key.address).map(\.key.address) + [key.address]
        return MultiRegionConfiguration(
            type: type, primary: primary,
            replicas: set.filter { $0 != primary }.sorted { $0.scope.region < $1.scope.region })
    }
}
