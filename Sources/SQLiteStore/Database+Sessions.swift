internal import GRDB
internal import KMSCore

extension Database {
    /// Inserts a session, or replaces it with all that belongs to it.
    func save(_ session: Session) throws {
        try removeSessions([session.id])
        try run(
            """
            INSERT INTO session (
                id, kind, account, issuer_id, arn, name, sealed_secret, creation_date, expiration_date,
                multi_factor_date, source_identity, via_service, requester
            ) VALUES (
                :id, :kind, :account, :issuer_id, CAST(:arn AS TEXT), CAST(:name AS TEXT), :sealed_secret,
                :creation_date, :expiration_date, :multi_factor_date, CAST(:source_identity AS TEXT),
                CAST(:via_service AS TEXT), CAST(:requester AS TEXT)
            )
            """,
            [
                "id": session.id, "kind": session.kind.rawValue, "account": session.account.description,
                "issuer_id": session.issuerID, "arn": session.arn.exactly, "name": session.name.exactly,
                "sealed_secret": session.sealedSecret.bytes.blob, "creation_date": session.creationDate.milliseconds,
                "expiration_date": session.expirationDate.milliseconds,
                "multi_factor_date": session.multiFactorDate?.milliseconds,
                "source_identity": session.sourceIdentity?.exactly, "via_service": session.viaService?.exactly,
                "requester": session.requester.exactly,
            ]
        )
        for (position, document) in session.policies.enumerated() {
            try run(
                """
                INSERT INTO session_policy (session_id, position, document)
                VALUES (:session_id, :position, CAST(:document AS TEXT))
                """,
                ["session_id": session.id, "position": position, "document": document.exactly]
            )
        }
        for (name, value) in session.tags {
            try run(
                """
                INSERT INTO session_tag (session_id, name, value, is_transitive)
                VALUES (:session_id, CAST(:name AS TEXT), CAST(:value AS TEXT), :is_transitive)
                """,
                [
                    "session_id": session.id, "name": name.exactly, "value": value.exactly,
                    "is_transitive": session.transitiveTagKeys.contains(name),
                ]
            )
        }
    }

    /// Sessions that are not there are no error: that is how a retry ends.
    func removeSessions(_ ids: [String]) throws {
        for id in ids { try run("DELETE FROM session WHERE id = :id", ["id": id]) }
    }

    func readSessions() throws -> [Session] {
        var policies = try rowsByOwner(
            "SELECT session_id, position, CAST(document AS BLOB) AS document FROM session_policy ORDER BY position",
            of: "session_policy", keyedBy: ["session_id", "position"], owner: { try $0.text("session_id") }
        ) { try $0.exactText("document") }
        var tags = try rowsByOwner(
            """
            SELECT session_id, CAST(name AS BLOB) AS name, CAST(value AS BLOB) AS value, is_transitive
            FROM session_tag
            """,
            of: "session_tag", keyedBy: ["session_id", "name"], owner: { try $0.text("session_id") }
        ) { row in
            SessionTag(
                name: try row.exactText("name"), value: try row.exactText("value"),
                isTransitive: try row.flag("is_transitive"))
        }
        let sessions = try rows(
            """
            SELECT id, kind, account, issuer_id, CAST(arn AS BLOB) AS arn, CAST(name AS BLOB) AS name, sealed_secret,
                creation_date, expiration_date, multi_factor_date, CAST(source_identity AS BLOB) AS source_identity,
                CAST(via_service AS BLOB) AS via_service, CAST(requester AS BLOB) AS requester
            FROM session ORDER BY id
            """,
            of: "session", keyedBy: ["id"]
        ) { row in
            let id = try row.text("id")
            return try row.session(
                id, policies: policies.removeValue(forKey: id) ?? [], tags: tags.removeValue(forKey: id) ?? []
            )
        }
        try refuseOrphans(policies.keys.map { "the session \($0)" }, of: "session_policy", in: "session")
        try refuseOrphans(tags.keys.map { "the session \($0)" }, of: "session_tag", in: "session")
        return sessions
    }
}

private struct SessionTag {
    let name: String
    let value: String
    let isTransitive: Bool
}

extension StoredRow {
    fileprivate func session(_ id: String, policies: [String], tags: [SessionTag]) throws -> Session {
        Session(
            id: id, kind: try parsed("kind", Session.Kind(rawValue: text("kind"))), account: try account("account"),
            issuerID: try text("issuer_id"), arn: try exactText("arn"), name: try exactText("name"),
            sealedSecret: try sealed("sealed_secret"), creationDate: try timestamp("creation_date"),
            expirationDate: try timestamp("expiration_date"),
            multiFactorDate: try optional("multi_factor_date", timestamp), policies: policies,
            tags: Dictionary(uniqueKeysWithValues: tags.map { ($0.name, $0.value) }),
            transitiveTagKeys: Set(tags.filter(\.isTransitive).map(\.name)),
            sourceIdentity: try optional("source_identity", exactText),
            viaService: try optional("via_service", exactText), requester: try exactText("requester")
        )
    }
}
