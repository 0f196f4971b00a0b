// Imported multi-Region keys: each Region imports the same material itself, under the number and id that the set has for
// it. That it is the same is shown by the check value of another Region.
extension KeyStore {
    /// Which of the set's materials an import is for. Nil where the key's own rules decide: for single-Region keys, and for
    /// material that is new to a primary.
    func sharedMaterial(
        _ material: MaterialImport, _ wrapped: WrappedMaterial, of key: Key
    ) async throws(KMSError) -> KeyMaterial? {
        let siblings = siblings(of: key.address)
        guard !siblings.isEmpty else { return nil }
        let known = siblings.flatMap { sibling in sibling.key.materials.filter(\.hasEverBeen) }
        let index = try await backend(of: key).identify(
            wrapped, of: key.spec, for: key.usage, among: known.map(\.reference))
        guard let index, let own = key.material(known[index].number) else {
            guard key.isReplica else { return nil }
            throw KMSError(
                material.isNew ? .invalidState : .incorrectKeyMaterial,
                "The key material is none of the multi-Region key \(key.address.id). Import new material into the primary "
                    + "key first, and then the same into \(key.address.arn).")
        }
        guard material.materialID.map({ $0 == own.idText }) ?? true else {
            throw KMSError(
                .incorrectKeyMaterial,
                "The key material is not \(material.materialID ?? "") but \(own.idText) of \(key.address.arn).")
        }
        // What is there already shows by its own object that it is the same.
        return own
    }

    /// A number that no ciphertext of any Region may carry already.
    func nextMaterialNumber(of key: Key) -> UInt32 {
        siblings(of: key.address).map(\.key.nextMaterialNumber).reduce(key.nextMaterialNumber, max)
    }

    /// Lets a replica wait for material that was imported into its primary. To be called within the change.
    func expectImport(of primary: Key, _ number: UInt32, into replica: inout Key) {
        guard primary.isPrimary, let material = primary.material(number) else { return }
        // Pending material that was never imported here and that the primary has no more is of no use.
        replica.materials.removeAll { $0.isPendingRotation && !$0.hasEverBeen && primary.material($0.number) == nil }
        guard replica.material(number) == nil else { return }
        replica.materials.append(material.replica(imported: true))
    }
}
