internal import KMSCore

/// The rules of identities and their policies, and of the outbox.
extension InMemoryMetadata {
    mutating func save(_ identity: Identity) throws(KMSError) {
        let others = identities.values.filter { $0.key != identity.key }
        try require(
            !others.contains {
                $0.key.account == identity.key.account && $0.key.kind == identity.key.kind
                    && $0.key.name.inLowerCase == identity.key.name.inLowerCase
            },
            "the names of identities differ in more than case"
        )
        try require(!others.contains { $0.uniqueID == identity.uniqueID }, "identities need unique ids of their own")
        try require(identity.maximumSessionDuration > 0, "a session lasts a second or more")
        identities[identity.key] = identity
    }

    mutating func save(_ policy: ManagedPolicy) throws(KMSError) {
        let others = managedPolicies.values.filter { $0.arn != policy.arn }
        try require(
            !others.contains { $0.account == policy.account && $0.name.inLowerCase == policy.name.inLowerCase },
            "the names of managed policies differ in more than case"
        )
        try require(!others.contains { $0.uniqueID == policy.uniqueID }, "policies need unique ids of their own")
        let versions = Set(policy.versions.map(\.id))
        try require(versions.count == policy.versions.count, "a policy's versions need ids of their own")
        try require(versions.contains(policy.defaultVersion), "a policy needs its default version")
        managedPolicies[policy.arn] = policy
    }

    /// An item that is saved again keeps its place.
    mutating func save(_ item: OutboxItem) {
        if let index = outbox.firstIndex(where: { $0.id == item.id }) {
            outbox[index] = item
        } else {
            outbox.append(item)
        }
    }
}

extension String {
    /// With the letters A to Z in lower case: names of identities are ASCII.
    fileprivate var inLowerCase: String {
        String(String.UnicodeScalarView(unicodeScalars.map(\.inLowerCase)))
    }
}

extension Unicode.Scalar {
    fileprivate var inLowerCase: Unicode.Scalar {
        ("A"..."Z").contains(self) ? Unicode.Scalar(UInt8(value) + 0x20) : self
    }
}
