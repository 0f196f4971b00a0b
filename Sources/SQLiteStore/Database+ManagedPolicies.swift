internal import GRDB
internal import KMSCore

/// What names a managed policy: in an account no two have the same name, whatever their paths.
private struct PolicyName: Hashable {
    let account: AccountID
    let name: String
}

extension Database {
    /// Inserts a managed policy, or replaces it with all that belongs to it.
    func save(_ policy: ManagedPolicy) throws {
        guard policy.versions.contains(where: { $0.id == policy.defaultVersion }) else {
            throw StoreFailure("a managed policy needs its default version: nothing was changed")
        }
        try removeManagedPolicy(policy.arn)
        let name: StatementArguments = ["account": policy.account.description, "policy": policy.name.exactly]
        try run(
            """
            INSERT INTO managed_policy (
                account, name, path, unique_id, description, default_version, creation_date, update_date
            ) VALUES (
                :account, CAST(:policy AS TEXT), CAST(:path AS TEXT), :unique_id, CAST(:description AS TEXT),
                :default_version, :creation_date, :update_date
            )
            """,
            name + [
                "path": policy.path.exactly, "unique_id": policy.uniqueID, "description": policy.description.exactly,
                "default_version": policy.defaultVersion, "creation_date": policy.creationDate.milliseconds,
                "update_date": policy.updateDate.milliseconds,
            ]
        )
        for (position, version) in policy.versions.enumerated() {
            try run(
                """
                INSERT INTO managed_policy_version (account, policy, id, position, document, creation_date)
                VALUES (:account, CAST(:policy AS TEXT), :id, :position, CAST(:document AS TEXT), :creation_date)
                """,
                name + [
                    "id": version.id, "position": position, "document": version.document.exactly,
                    "creation_date": version.creationDate.milliseconds,
                ]
            )
        }
        for (tag, value) in policy.tags {
            try run(
                """
                INSERT INTO managed_policy_tag (account, policy, name, value)
                VALUES (:account, CAST(:policy AS TEXT), CAST(:name AS TEXT), CAST(:value AS TEXT))
                """,
                name + ["name": tag.exactly, "value": value.exactly]
            )
        }
    }

    /// A policy that is not there is no error: that is how a retry ends.
    func removeManagedPolicy(_ arn: String) throws {
        try run(
            """
            DELETE FROM managed_policy
            WHERE 'arn:aws:iam::' || account || ':policy' || path || name = CAST(:arn AS TEXT)
            """,
            ["arn": arn.exactly]
        )
    }

    func readManagedPolicies() throws -> [ManagedPolicy] {
        var versions = try rowsByOwner(
            """
            SELECT account, CAST(policy AS BLOB) AS policy, id, CAST(document AS BLOB) AS document, creation_date
            FROM managed_policy_version ORDER BY position
            """,
            of: "managed_policy_version", keyedBy: ["account", "policy", "id"],
            owner: { try $0.policyName("policy") }
        ) { row in
            ManagedPolicy.Version(
                id: try row.text("id"), document: try row.exactText("document"),
                creationDate: try row.timestamp("creation_date")
            )
        }
        var tags = try pairsByOwner(
            """
            SELECT account, CAST(policy AS BLOB) AS policy, CAST(name AS BLOB) AS name, CAST(value AS BLOB) AS value
            FROM managed_policy_tag
            """,
            of: "managed_policy_tag", keyedBy: ["account", "policy", "name"]
        ) { try $0.policyName("policy") }
        let policies = try rows(
            """
            SELECT account, CAST(name AS BLOB) AS name, CAST(path AS BLOB) AS path, unique_id,
                CAST(description AS BLOB) AS description, default_version, creation_date, update_date
            FROM managed_policy ORDER BY account, managed_policy.name
            """,
            of: "managed_policy", keyedBy: ["account", "name"]
        ) { row in
            let name = try row.policyName("name")
            let policy = ManagedPolicy(
                account: name.account, name: name.name, path: try row.exactText("path"),
                uniqueID: try row.text("unique_id"), description: try row.exactText("description"),
                versions: versions.removeValue(forKey: name) ?? [],
                defaultVersion: try row.text("default_version"), creationDate: try row.timestamp("creation_date"),
                updateDate: try row.timestamp("update_date"), tags: tags.removeValue(forKey: name) ?? [:]
            )
            guard policy.versions.contains(where: { $0.id == policy.defaultVersion }) else {
                throw row.failure("its default version is not there")
            }
            return policy
        }
        try refuseOrphans(versions.keys.map(\.text), of: "managed_policy_version", in: "managed_policy")
        try refuseOrphans(tags.keys.map(\.text), of: "managed_policy_tag", in: "managed_policy")
        return policies
    }
}

extension StoredRow {
    fileprivate func policyName(_ column: String) throws -> PolicyName {
        PolicyName(account: try account("account"), name: try exactText(column))
    }
}

extension PolicyName {
    /// For an operator's log: the name is escaped.
    fileprivate var text: String { "the policy \(name.debugDescription) of account \(account)" }
}
