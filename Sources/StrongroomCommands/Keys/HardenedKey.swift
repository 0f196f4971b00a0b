import KMSAPIClient

/// A key as it should be: administrators who cannot use it, users who cannot administer it, rotation, time to have it
/// back, and three managed policies that say who may encrypt and decrypt ("Best practices for IAM policies" and
/// "Key policies in AWS KMS", AWS KMS Developer Guide).
struct HardenedKey: Hashable, Sendable {
    /// Behind `alias/`, and in the names of the policies.
    let name: String
    var classification: String?
    /// 12 digits.
    let account: String
    /// ARNs of users and roles.
    let administrators: [String]
    let users: [String]

    /// Of the deletion, in days: the longest that there is.
    static let waitingDays = 30
    private static let tag = "hardened"

    static func isHardened(_ key: String, _ client: KMSAPIClient) async throws -> Bool {
        let tags = try await client.list("ListResourceTags", pages: TagPage.self) { marker in
            ListInput(KeyId: key, Marker: marker)
        }
        return tags.contains { $0.TagKey == tag && $0.TagValue == "true" }
    }

    var alias: String { "alias/" + name }

    var tags: [TagInput] {
        [TagInput(TagKey: Self.tag, TagValue: "true")]
            + (classification.map { [TagInput(TagKey: "classification", TagValue: $0)] } ?? [])
    }

    // MARK: Actions

    /// To use the key. A grant gives its use to others, and so to oneself.
    private static let use = [
        "kms:Encrypt", "kms:Decrypt", "kms:ReEncryptFrom", "kms:ReEncryptTo", "kms:GenerateDataKey",
        "kms:GenerateDataKeyWithoutPlaintext", "kms:GenerateDataKeyPair", "kms:GenerateDataKeyPairWithoutPlaintext",
    ]
    private static let change = [
        "kms:CreateAlias", "kms:UpdateAlias", "kms:DeleteAlias", "kms:UpdateKeyDescription", "kms:TagResource",
        "kms:UntagResource", "kms:EnableKey", "kms:DisableKey", "kms:EnableKeyRotation", "kms:DisableKeyRotation",
        "kms:RotateKeyOnDemand", "kms:PutKeyPolicy", "kms:ScheduleKeyDeletion", "kms:CancelKeyDeletion",
        "kms:RevokeGrant",
    ]
    private static let look = [
        "kms:DescribeKey", "kms:GetKeyPolicy", "kms:ListKeyPolicies", "kms:ListResourceTags",
        "kms:GetKeyRotationStatus", "kms:ListKeyRotations", "kms:GetKeyLastUsage", "kms:ListGrants",
    ]

    // MARK: The key policy

    var keyPolicy: JSONValue {
        var statements = [
            // Without it a key whose administrators are gone could not be managed by anybody.
            Self.statement(
                "EnableIAMPolicies", "Allow", ["arn:aws:iam::\(account):root"], ["kms:*"]),
            Self.statement(
                "AllowAdministration", "Allow", administrators, Self.change + Self.look),
            // Whatever their other policies allow.
            Self.statement("DenyUseByAdministrators", "Deny", administrators, Self.use + ["kms:CreateGrant"]),
            Self.earlyDeletion,
        ]
        if !users.isEmpty {
            statements += [
                Self.statement("AllowUse", "Allow", users, Self.use + ["kms:DescribeKey"]),
                Self.statement("DenyAdministrationByUsers", "Deny", users, Self.change),
            ]
        }
        return ["Version": "2012-10-17", "Id": .string("hardened-" + name), "Statement": .array(statements)]
    }

    private static func statement(
        _ id: String, _ effect: String, _ principals: [String], _ actions: [String]
    ) -> JSONValue {
        [
            "Sid": .string(id), "Effect": .string(effect), "Principal": ["AWS": .strings(principals)],
            "Action": .strings(actions), "Resource": "*",
        ]
    }

    private static let earlyDeletion: JSONValue = [
        "Sid": "DenyEarlyDeletion", "Effect": "Deny", "Principal": ["AWS": "*"], "Action": "kms:ScheduleKeyDeletion",
        "Resource": "*",
        "Condition": [
            "NumericLessThan": ["kms:ScheduleKeyDeletionPendingWindowInDays": .string(String(waitingDays))]
        ],
    ]

    // MARK: Managed policies

    struct ManagedPolicy: Hashable, Sendable {
        let name: String
        let description: String
        let document: JSONValue
    }

    /// For whoever has them attached: the key policy leaves it to the account's identity policies who may use the key.
    ///
    /// - Parameter key: The key's ARN.
    func managedPolicies(_ key: String) -> [ManagedPolicy] {
        let encrypt = Self.use.filter { !Self.decrypt.contains($0) }
        return [
            policy("encrypt", "Encrypt", encrypt, key), policy("decrypt", "Decrypt", Self.decrypt, key),
            policy("crypto", "Encrypt and decrypt", Self.use, key),
        ]
    }

    private static let decrypt = ["kms:Decrypt", "kms:ReEncryptFrom"]

    private func policy(_ word: String, _ sentence: String, _ actions: [String], _ key: String) -> ManagedPolicy {
        ManagedPolicy(
            name: "allow-\(word)-\(name)", description: "\(sentence) with \(alias)",
            document: [
                "Version": "2012-10-17",
                "Statement": [
                    [
                        "Sid": .string("Allow\(word.prefix(1).uppercased() + word.dropFirst())"), "Effect": "Allow",
                        "Action": .strings(actions + ["kms:DescribeKey"]), "Resource": .string(key),
                    ]
                ],
            ])
    }

    // MARK: Rules

    /// Throws for what could not become such a key.
    func check(caller: String) throws(CommandFailure) {
        let isName =
            (1...100).contains(name.utf8.count)
            && name.utf8.allSatisfy { byte in
                let character = Character(UnicodeScalar(byte))
                return byte < 0x80 && (character.isLetter || character.isNumber || character == "_" || character == "-")
            }
        guard isName else {
            throw CommandFailure(
                "'\(name)' cannot be a hardened key's name",
                hint: "at most 100 letters, digits, _ and -: it is part of names of policies")
        }
        if let both = users.first(where: { administrators.contains($0) }) {
            throw CommandFailure(
                "\(both) would administer the key and use it", hint: "name everybody in one list; have two identities")
        }
        if users.contains(caller) {
            throw CommandFailure(
                "you would use the key, and so could not change its policy again: \(caller) is among the users",
                hint: "have the key made by one of its administrators")
        }
        if let bad = (administrators + users).first(where: { !Self.isIdentity($0) }) {
            throw CommandFailure(
                "\(bad) is not the ARN of a user or role",
                hint: "write it like arn:aws:iam::\(account):user/ann; a role's sessions are meant by the role")
        }
    }

    /// An account's root is not one of two: whoever it leaves the decision to could be both.
    private static func isIdentity(_ arn: String) -> Bool {
        let parts = arn.split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false)
        return parts.count == 6 && parts[0] == "arn" && parts[2] == "iam"
            && (parts[5].hasPrefix("user/") || parts[5].hasPrefix("role/"))
    }
}
