import FoundationEssentials
import KMSAPIClient
import KMSPolicy

/// Reads from a KMS all that the linter asks about its keys.
struct KeySurvey {
    let client: KMSAPIClient

    struct Surveyed {
        let key: LintedKey
        let policy: String?
        let aliases: [String]
        /// What the service did not tell, and why.
        let refusals: [String]
    }

    /// The keys of the Region but those that services manage for themselves, whose policies nobody can change.
    func keys() async throws -> [Surveyed] {
        let aliases = try await client.list("ListAliases", pages: AliasPage.self) { ListInput(Marker: $0) }
        let names = Dictionary(grouping: aliases.filter { $0.TargetKeyId != nil }) { $0.TargetKeyId ?? "" }
        var surveyed: [Surveyed] = []
        for entry in try await client.list("ListKeys", pages: KeyPage.self, input: { ListInput(Marker: $0) }) {
            let key = try await survey(entry, aliases: (names[entry.KeyId] ?? []).map(\.AliasName).sorted())
            if let key { surveyed.append(key) }
        }
        return surveyed
    }

    private func survey(_ entry: KeyPage.Entry, aliases: [String]) async throws -> Surveyed? {
        var refusals: [String] = []
        let input = KeyInput(KeyId: entry.KeyId)
        let described = try await asking("DescribeKey", &refusals) {
            try await client.call("DescribeKey", input, returning: KeyOutput.self).KeyMetadata
        }
        guard let described else {
            let unknown = LintedKey(arn: entry.KeyArn, spec: "", origin: "", state: "", created: 0)
            return Surveyed(key: unknown, policy: nil, aliases: aliases, refusals: refusals)
        }
        guard described.KeyManager != "AWS" else { return nil }
        var key = LintedKey(described)
        let policy = try await asking("GetKeyPolicy", &refusals) {
            try await client.call("GetKeyPolicy", input, returning: PolicyOutput.self).Policy
        }
        if key.spec == "SYMMETRIC_DEFAULT", key.origin == "AWS_KMS", key.deletion == nil {
            key.rotates = try await asking("GetKeyRotationStatus", &refusals) {
                try await client.call("GetKeyRotationStatus", input, returning: RotationStatusOutput.self)
                    .KeyRotationEnabled
            }
        }
        key.grants =
            try await asking("ListGrants", &refusals) {
                try await client.list("ListGrants", pages: GrantPage.self) { marker in
                    ListInput(KeyId: entry.KeyId, Marker: marker)
                }.map(LintedKey.Grant.init)
            } ?? []
        let usage = try await asking("GetKeyLastUsage", &refusals) {
            try await client.call("GetKeyLastUsage", input, returning: LastUsageOutput.self)
        }
        key.lastUse = usage.map(LintedKey.LastUse.init) ?? .unknown
        return Surveyed(key: key, policy: policy, aliases: aliases, refusals: refusals)
    }

    /// What an operation answers; nil, and noted, when the service refuses it.
    private func asking<T>(
        _ operation: String, _ refusals: inout [String], _ body: () async throws -> T
    ) async throws -> T? {
        do {
            return try await body()
        } catch let error as KMSAPIError where error.httpStatus < 500 {
            refusals.append("\(operation) was refused: \(error.description)")
            return nil
        }
    }
}

extension LintedKey {
    fileprivate init(_ metadata: KeyOutput.Metadata) {
        self.init(
            arn: metadata.Arn, spec: metadata.KeySpec ?? "",
            origin: metadata.Origin ?? "", state: metadata.KeyState, created: metadata.CreationDate.wholeSeconds)
        isMultiRegion = metadata.MultiRegion == true
        replicas = metadata.MultiRegionConfiguration?.ReplicaKeys?.count ?? 0
        deletion = metadata.DeletionDate?.wholeSeconds
    }
}

extension LintedKey.LastUse {
    fileprivate init(_ output: LastUsageOutput) {
        if let moment = output.KeyLastUsage?.Timestamp {
            self = .at(moment.wholeSeconds)
        } else {
            self = output.TrackingStartDate.map { .noneSince($0.wholeSeconds) } ?? .unknown
        }
    }
}

extension LintedKey.Grant {
    fileprivate init(_ entry: GrantPage.Entry) {
        let constraints = entry.Constraints
        let pairs = [constraints?.EncryptionContextEquals, constraints?.EncryptionContextSubset].map { pairs in
            (pairs ?? [:]).sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: "\u{1}")
        }
        let terms =
            pairs + [constraints?.SourceArn, entry.RetiringPrincipal, entry.RetiringServicePrincipal].map { $0 ?? "" }
        self.init(
            id: entry.GrantId, grantee: entry.GranteePrincipal ?? entry.GranteeServicePrincipal ?? "",
            operations: Set(entry.Operations ?? []), isConstrained: pairs.contains { !$0.isEmpty },
            terms: terms.joined(separator: "\u{2}"), created: entry.CreationDate?.wholeSeconds)
    }
}

extension Date {
    /// Since 1970.
    fileprivate var wholeSeconds: Int64 {
        // A service may send anything.
        Int64(exactly: timeIntervalSince1970.rounded(.down)) ?? 0
    }
}
