package import KMSCore

/// Identities, grants and what belongs to them, with any combination of fields.
extension RandomKeys {
    package mutating func grant(_ id: String, on address: KeyAddress) -> Grant {
        Grant(
            id: id, key: address, name: text(), creationDate: time(), granteePrincipal: text(),
            isForService: flag(), granteeID: maybe { $0.pick(["AIDA1", "AROA1"]) },
            retiringPrincipal: maybe { $0.text() }, retiringPrincipalIsService: flag(),
            retiringID: maybe { $0.pick(["AIDA1", "AROA1"]) }, issuingAccount: "arn:aws:iam::111122223333:root",
            operations: Set(["Encrypt", "Decrypt", "Sign"].filter { _ in flag() }),
            constraint: maybe {
                $0.flag() ? .encryptionContextEquals($0.pairs()) : .encryptionContextSubset($0.pairs())
            },
            sourceARN: maybe { $0.text() }
        )
    }

    package mutating func identity(_ key: Identity.Key, uniqueID: String) -> Identity {
        Identity(
            key: key, path: pick(["/", "/a/", "/a/b/"]), uniqueID: uniqueID, creationDate: time(),
            description: text(), trustPolicy: text(), trustPrincipals: pairs(),
            maximumSessionDuration: pick([1, 3600, 43_200]),
            inlinePolicies: pairs(), attachedPolicies: texts(), permissionsBoundary: maybe { $0.text() },
            tags: pairs()
        )
    }

    /// A policy whose default version, at times, is not there.
    package mutating func managedPolicy(_ name: String, uniqueID: String) -> ManagedPolicy {
        let ids = ["v1", "v2", "v3"].filter { _ in flag() }.shuffled(using: &generator)
        return ManagedPolicy(
            account: Scope.sample.account, name: name, path: pick(["/", "/a/"]), uniqueID: uniqueID,
            description: text(),
            versions: ids.map { ManagedPolicy.Version(id: $0, document: text(), creationDate: time()) },
            defaultVersion: ids.first ?? "v1", creationDate: time(), updateDate: time(), tags: pairs()
        )
    }

    package mutating func multiFactorDevice(_ name: String) -> MFADevice {
        MFADevice(
            account: Scope.sample.account, name: name, user: maybe { $0.text() }, sealedSecret: .sample(),
            creationDate: time(), enableDate: maybe { $0.time() }, lastStep: pick([0, 1, .max])
        )
    }

    package mutating func session(_ id: String) -> Session {
        let tags = pairs()
        let transitive = Set(tags.keys.sorted().filter { _ in flag() })
        return Session(
            id: id, kind: pick([.role, .user, .forward]), account: Scope.sample.account, issuerID: "AROA1",
            arn: text(), name: text(), sealedSecret: .sample(), creationDate: time(), expirationDate: time(),
            multiFactorDate: maybe { $0.time() }, policies: texts(), tags: tags,
            transitiveTagKeys: transitive, sourceIdentity: maybe { $0.text() }, viaService: maybe { $0.text() },
            requester: text()
        )
    }

    package mutating func outboxItem(_ id: String) -> OutboxItem {
        OutboxItem(id: id, queue: pick([.audit, .events]), body: Array(text().utf8), date: time())
    }

    private mutating func pairs() -> [String: String] {
        let names = ["team", "a\u{0}", ""].filter { _ in flag() }
        return Dictionary(uniqueKeysWithValues: names.map { ($0, text()) })
    }

    private mutating func texts() -> [String] {
        (0..<pick([0, 1, 3])).map { _ in text() }
    }

    private mutating func flag() -> Bool { pick([true, false]) }
}
