internal import GRDB
internal import KMSCore

/// What names a grant.
private struct GrantName: Hashable {
    let key: KeyAddress
    let id: String
}

extension Database {
    /// Inserts a grant, or replaces it with all that belongs to it.
    func save(_ grant: Grant) throws {
        try removeGrant(grant.id, of: grant.key)
        try run(
            """
            INSERT INTO key_grant (
                account, region, key_id, id, name, creation_date, grantee_principal, is_for_service, grantee_id,
                retiring_principal, retiring_principal_is_service, retiring_id, issuing_account, constraint_kind,
                source_arn
            ) VALUES (
                :account, :region, :key_id, :id, CAST(:name AS TEXT), :creation_date,
                CAST(:grantee_principal AS TEXT), :is_for_service, :grantee_id,
                CAST(:retiring_principal AS TEXT), :retiring_principal_is_service, :retiring_id, :issuing_account,
                :constraint_kind, CAST(:source_arn AS TEXT)
            )
            """,
            grant.key.arguments + [
                "id": grant.id, "name": grant.name.exactly, "creation_date": grant.creationDate.milliseconds,
                "grantee_principal": grant.granteePrincipal.exactly, "is_for_service": grant.isForService,
                "grantee_id": grant.granteeID, "retiring_principal": grant.retiringPrincipal?.exactly,
                "retiring_principal_is_service": grant.retiringPrincipalIsService, "retiring_id": grant.retiringID,
                "issuing_account": grant.issuingAccount, "constraint_kind": grant.constraint?.stored.kind.rawValue,
                "source_arn": grant.sourceARN?.exactly,
            ]
        )
        for operation in grant.operations {
            try run(
                """
                INSERT INTO key_grant_operation (account, region, key_id, grant_id, operation)
                VALUES (:account, :region, :key_id, :grant_id, :operation)
                """,
                grant.key.arguments + ["grant_id": grant.id, "operation": operation]
            )
        }
        for (name, value) in grant.constraint?.stored.pairs ?? [:] {
            try run(
                """
                INSERT INTO key_grant_context (account, region, key_id, grant_id, name, value)
                VALUES (:account, :region, :key_id, :grant_id, CAST(:name AS TEXT), CAST(:value AS TEXT))
                """,
                grant.key.arguments + ["grant_id": grant.id, "name": name.exactly, "value": value.exactly]
            )
        }
    }

    /// A grant that is not there is no error: that is how a retry ends.
    func removeGrant(_ id: String, of address: KeyAddress) throws {
        try run(
            "DELETE FROM key_grant WHERE account = :account AND region = :region AND key_id = :key_id AND id = :id",
            address.arguments + ["id": id]
        )
    }

    func readGrants() throws -> [Grant] {
        var operations = try rowsByOwner(
            "SELECT account, region, key_id, grant_id, operation FROM key_grant_operation",
            of: "key_grant_operation", keyedBy: ["account", "region", "key_id", "grant_id"],
            owner: { try $0.grantName("grant_id") }
        ) { try $0.text("operation") }
        var contexts = try pairsByOwner(
            """
            SELECT account, region, key_id, grant_id, CAST(name AS BLOB) AS name, CAST(value AS BLOB) AS value
            FROM key_grant_context
            """,
            of: "key_grant_context", keyedBy: ["account", "region", "key_id", "grant_id", "name"]
        ) { try $0.grantName("grant_id") }
        let grants = try rows(
            """
            SELECT account, region, key_id, id, CAST(name AS BLOB) AS name, creation_date,
                CAST(grantee_principal AS BLOB) AS grantee_principal, is_for_service, grantee_id,
                CAST(retiring_principal AS BLOB) AS retiring_principal, retiring_principal_is_service, retiring_id,
                issuing_account, constraint_kind, CAST(source_arn AS BLOB) AS source_arn
            FROM key_grant ORDER BY account, region, key_id, id
            """,
            of: "key_grant", keyedBy: ["account", "region", "key_id", "id"]
        ) { row in
            let name = try row.grantName("id")
            return try row.grant(
                name, operations: operations.removeValue(forKey: name) ?? [],
                context: contexts.removeValue(forKey: name)
            )
        }
        try refuseOrphans(operations.keys.map(\.text), of: "key_grant_operation", in: "key_grant")
        try refuseOrphans(contexts.keys.map(\.text), of: "key_grant_context", in: "key_grant")
        return grants
    }
}

extension GrantName {
    fileprivate var text: String { "the grant \(id) on the key \(key.arn)" }
}

extension StoredRow {
    fileprivate func grantName(_ column: String) throws -> GrantName {
        GrantName(key: try address("key_id"), id: try text(column))
    }

    fileprivate func grant(_ name: GrantName, operations: [String], context: [String: String]?) throws -> Grant {
        Grant(
            id: name.id, key: name.key, name: try exactText("name"), creationDate: try timestamp("creation_date"),
            granteePrincipal: try exactText("grantee_principal"), isForService: try flag("is_for_service"),
            granteeID: try optional("grantee_id", text),
            retiringPrincipal: try optional("retiring_principal", exactText),
            retiringPrincipalIsService: try flag("retiring_principal_is_service"),
            retiringID: try optional("retiring_id", text), issuingAccount: try text("issuing_account"),
            operations: Set(operations), constraint: try constraint(context),
            sourceARN: try optional("source_arn", exactText)
        )
    }

    private func constraint(_ context: [String: String]?) throws -> Grant.Constraint? {
        guard !isNull("constraint_kind") else {
            // A constraint that has lost its kind is not "none": the grant would give more than was meant.
            guard context == nil else { throw failure("constraint_kind cannot be read") }
            return nil
        }
        return switch try parsed("constraint_kind", ConstraintKind(rawValue: text("constraint_kind"))) {
        case .equals: .encryptionContextEquals(context ?? [:])
        case .subset: .encryptionContextSubset(context ?? [:])
        }
    }
}

/// As GrantConstraints names its members.
private enum ConstraintKind: String {
    case equals = "EncryptionContextEquals"
    case subset = "EncryptionContextSubset"
}

extension Grant.Constraint {
    fileprivate var stored: (kind: ConstraintKind, pairs: [String: String]) {
        switch self {
        case .encryptionContextEquals(let pairs): (.equals, pairs)
        case .encryptionContextSubset(let pairs): (.subset, pairs)
        }
    }
}
