extension SystemKeyPurpose {
    /// Brings key material to a Region's token: an RSA pair in it, which the other tokens were made to trust.
    package static func moves(to region: Region) -> SystemKeyPurpose {
        SystemKeyPurpose(rawValue: movesPrefix + region.description)
    }

    /// The Region in whose token the key is; nil for the server's own token.
    package var region: Region? {
        rawValue.hasPrefix(Self.movesPrefix) ? Region(rawValue.dropFirst(Self.movesPrefix.count)) : nil
    }

    private static let movesPrefix = "moves/"
}

extension SystemKeys {
    /// The public part (DER SubjectPublicKeyInfo) of the wrapping key that brings key material to a Region's token: made
    /// once, by the same steps as every other (intent, token, commit). To be called by one at a time.
    package func wrappingKey(of region: Region) async throws(KMSError) -> [UInt8] {
        let purpose = SystemKeyPurpose.moves(to: region)
        let image = try await metadata.load()
        let known = image.systemKeys[purpose]
        if let publicKey = image.systemPublicKeys[purpose], !publicKey.isEmpty { return publicKey }
        if let known { try await backend.destroyKey(known.object) }
        let object = known?.object ?? .random()
        try await metadata.commit([.saveSystemKey(purpose, MaterialReference(object: object, checkValue: []))])
        let made = try await backend.generateWrappingKey(.rsa3072, id: object)
        let reference = MaterialReference(object: object, checkValue: made.checkValue)
        try await metadata.commit([.saveSystemKey(purpose, reference, publicKey: made.publicKey)])
        return made.publicKey
    }
}

extension MetadataImage {
    /// The wrapping keys that other Regions' tokens trust, by the Region in whose token they are.
    var trustedWrappingKeys: [Region: WrappingKeyPair] {
        systemKeys.reduce(into: [:]) { pairs, key in
            guard let region = key.key.region, let publicKey = systemPublicKeys[key.key], !publicKey.isEmpty else {
                return
            }
            pairs[region] = WrappingKeyPair(reference: key.value, publicKey: publicKey)
        }
    }
}

/// What material is wrapped under on its way to a token, and unwrapped with in it.
struct WrappingKeyPair: Sendable {
    let reference: MaterialReference
    /// DER SubjectPublicKeyInfo.
    let publicKey: [UInt8]
}
