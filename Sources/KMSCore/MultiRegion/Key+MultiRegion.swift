/// What a multi-Region key is in its set, as AWS KMS names it.
package enum MultiRegionKeyType: String, Sendable {
    case primary = "PRIMARY"
    case replica = "REPLICA"
}

/// The keys of a set: one multi-Region key in several Regions.
package struct MultiRegionConfiguration: Sendable {
    package let type: MultiRegionKeyType
    package let primary: KeyAddress
    /// In the order of their Regions.
    package let replicas: [KeyAddress]
}

extension Key {
    /// Nil for single-Region keys.
    package var multiRegionKeyType: MultiRegionKeyType? {
        primaryRegion.map { $0 == address.scope.region ? .primary : .replica }
    }

    package var isPrimary: Bool { multiRegionKeyType == .primary }
    package var isReplica: Bool { multiRegionKeyType == .replica }

    /// Takes what a key and its replicas share from the primary: which material is current, where it is here already.
    mutating func follow(_ primary: Key) throws(KMSError) {
        rotation = primary.rotation
        guard currentMaterial != primary.currentMaterial, let shared = primary.material(primary.currentMaterial),
            material(shared.number)?.stage == .present
        else { return }
        try makeCurrent(shared.number, shared.rotation)
    }

    /// Lets a material that waits for its rotation be the one that encrypts.
    mutating func makeCurrent(_ number: UInt32, _ rotation: KeyMaterial.Rotation?) throws(KMSError) {
        try editMaterial(number) { material in
            material.isPendingRotation = false
            material.rotation = rotation
        }
        currentMaterial = number
    }
}

extension KeyMaterial {
    /// The same material as a replica's: under the same number and id, in an object of its own. What the token made is on
    /// its way there; what was imported has to be imported there too.
    func replica(imported: Bool) -> KeyMaterial {
        KeyMaterial(
            number: number, id: id, reference: MaterialReference(object: .random(), checkValue: []),
            creationDate: creationDate, reservedEncryptions: 0, stage: imported ? .absent : .moving,
            publicKey: imported ? [] : publicKey, isPendingRotation: isPendingRotation, rotation: rotation)
    }
}

extension KeyEntry {
    /// Throws for a replica: what its set shares is changed in the primary's Region.
    func checkPrimary() throws(KMSError) {
        guard key.isReplica else { return }
        throw KMSError(.unsupported, "\(arn) is not a multi-region primary key.")
    }
}

extension KMSError {
    static func changedMeanwhile(_ arn: String) -> KMSError {
        KMSError(.conflict, "\(arn) was changed meanwhile. Try again.")
    }
}
