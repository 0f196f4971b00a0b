import ArgumentParser
import KMSAPIClient

struct KeyRotate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rotate", abstract: "Give a key new material now, or put a new key behind an alias.",
        discussion: """
            strongroom key rotate 1234abcd-12ab-34cd-56ef-1234567890ab --state DIR
            strongroom key rotate --alias alias/payroll --new-key --state DIR

            The first form is for symmetric keys: the key stays, everything encrypted before can still be decrypted, \
            and what is encrypted from now on is under the new material. A key with imported material gets the \
            material that `import-key-material --new-material` brought.

            The second form is for every key that the HSM made: a key like the old one (spec, usage, description, \
            policy and tags) is made, and the alias names it from then on. The old key stays, because what it \
            encrypted or signed needs it.
            """
    )

    @OptionGroup var options: ClientOptions

    @Argument(help: "The key's id or ARN.")
    var key: String?

    @Option(help: "With --new-key: the alias, with or without its alias/.")
    var alias: String?

    @Flag(help: "Make a new key and point the alias to it.")
    var newKey = false

    func run() async throws {
        switch (key, alias, newKey) {
        case (let key?, nil, false):
            try await options.call("RotateKeyOnDemand", KeyInput(KeyId: key), returning: KeyIDOutput.self) { output in
                """
                The rotation of \(output.KeyId) has begun.
                See it with: strongroom key list-rotations \(key)
                """
            }
        case (nil, let alias?, true):
            try await replaceKey(behind: alias.hasPrefix("alias/") ? alias : "alias/" + alias)
        default:
            throw CommandFailure(
                "give either a key, or an alias and --new-key",
                hint: "strongroom key rotate KEY, or: strongroom key rotate --alias NAME --new-key"
            )
        }
    }

    /// The manual rotation of AWS's documentation.
    private func replaceKey(behind alias: String) async throws {
        let replaced = try await options.withClient { client in
            let old = try await client.call("DescribeKey", KeyInput(KeyId: alias), returning: KeyOutput.self)
                .KeyMetadata
            try check(old, alias)
            let policy = try await client.call("GetKeyPolicy", KeyInput(KeyId: old.KeyId), returning: PolicyOutput.self)
            let tags = try await client.list("ListResourceTags", pages: TagPage.self) { marker in
                ListInput(KeyId: old.KeyId, Marker: marker)
            }
            let input = CreateKeyInput(
                Description: old.Description.flatMap { $0.isEmpty ? nil : $0 }, Tags: tags.isEmpty ? nil : tags,
                KeySpec: old.KeySpec, KeyUsage: old.KeyUsage, Origin: "AWS_KMS", Policy: policy.Policy,
                MultiRegion: old.MultiRegion == true ? true : nil
            )
            let new = try await client.call("CreateKey", input, returning: KeyOutput.self).KeyMetadata
            do {
                try await client.call("UpdateAlias", AliasInput(AliasName: alias, TargetKeyId: new.KeyId))
            } catch {
                note(
                    "the new key \(new.KeyId) was made, but \(alias) still names \(old.KeyId); "
                        + "try: strongroom alias update \(alias) \(new.KeyId)")
                throw error
            }
            return ReplacedKeyOutput(AliasName: alias, NewKeyId: new.KeyId, OldKeyId: old.KeyId)
        }
        try options.show(
            replaced,
            """
            \(alias) names the new key \(replaced.NewKeyId) from now on.
            The old key \(replaced.OldKeyId) stays as it is, for what was encrypted or signed with it.
            End it when nothing needs it any more: strongroom key last-usage \(replaced.OldKeyId)
            """
        )
    }

    private func check(_ old: KeyOutput.Metadata, _ alias: String) throws(CommandFailure) {
        guard old.KeyManager != "AWS" else {
            throw CommandFailure("\(alias) is a service's own key, which is rotated by itself")
        }
        guard (old.Origin ?? "AWS_KMS") == "AWS_KMS" else {
            throw CommandFailure(
                "the material of \(old.KeyId), which \(alias) names, does not come from the HSM but from outside "
                    + "(origin \(old.Origin ?? "unknown"))",
                hint: "make a key with new material with `strongroom import-key-material --create`, then name it with "
                    + "`strongroom alias update`"
            )
        }
    }
}
