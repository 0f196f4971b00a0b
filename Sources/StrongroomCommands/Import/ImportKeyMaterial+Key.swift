import KMSAPIClient
import LibCrypto

extension ImportKeyMaterial {
    /// What is known of the key before anything is asked of the server that changes something.
    struct Target {
        /// Nil as long as it is not made.
        var arn: String?
        var spec: MaterialSpec
        var usage: String?
        var hasMaterial = false
    }

    func target(_ client: KMSAPIClient) async throws -> Target {
        guard let key else { return Target(spec: try MaterialSpec(newKey.specName), usage: newKey.keyUsage) }
        let found = try await client.call("DescribeKey", KeyInput(KeyId: key), returning: KeyOutput.self).KeyMetadata
        guard found.Origin == "EXTERNAL" else {
            throw CommandFailure(
                "the key material of \(found.KeyId) was made by the service (origin \(found.Origin ?? "unknown"))",
                hint: "import into a key of origin EXTERNAL: --create makes one"
            )
        }
        guard found.KeyState != "PendingDeletion" else {
            throw CommandFailure(
                "\(found.KeyId) is to be destroyed", hint: "keep it with: strongroom key cancel-deletion \(found.KeyId)"
            )
        }
        return Target(
            arn: found.Arn, spec: try MaterialSpec(found.KeySpec ?? "SYMMETRIC_DEFAULT"), usage: found.KeyUsage,
            hasMaterial: found.KeyState != "PendingImport"
        )
    }

    /// The target with its key, which is made now if it is to be a new one.
    func made(_ target: Target, _ client: KMSAPIClient) async throws -> Target {
        guard target.arn == nil else { return target }
        let created = try await client.call("CreateKey", try newKey.input(), returning: KeyOutput.self).KeyMetadata
        // At once: if a later step fails, the user has to know of it.
        note("made the key \(created.KeyId), which waits for its material")
        if let alias = newKey.aliasName {
            try await client.call("CreateAlias", AliasInput(AliasName: alias, TargetKeyId: created.KeyId))
        }
        var made = target
        made.arn = created.Arn
        made.usage = created.KeyUsage
        return made
    }

    func choices(
        _ target: Target, fromToken: Bool
    ) throws(CommandFailure) -> (key: WrappingKeySpec, wrapping: WrappingAlgorithm) {
        let key = try wrappingSpec.map { name throws(CommandFailure) in try WrappingKeySpec(named: name) } ?? .rsa4096
        guard let algorithm else {
            return (key, .recommended(for: target.spec, under: key, fromToken: fromToken))
        }
        let wrapping = try WrappingAlgorithm(named: algorithm)
        try wrapping.check(target.spec, under: key)
        return (key, wrapping)
    }
}
