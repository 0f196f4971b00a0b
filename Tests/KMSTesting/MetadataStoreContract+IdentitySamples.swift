package import KMSCore

// Values that use every field, of grants, identities and what belongs to them.

extension Grant {
    package static func sample(
        _ id: String = .grantID(), on key: Key, name: String = "for-payroll",
        constraint: Constraint? = .encryptionContextSubset(["department": "payroll", "": ""])
    ) -> Grant {
        Grant(
            id: id, key: key.address, name: name, creationDate: Timestamp(milliseconds: 1_767_225_600_006),
            granteePrincipal: "arn:aws:iam::111122223333:role/app", granteeID: "AROA2345672345672345A",
            retiringPrincipal: "ec2.amazonaws.com", retiringPrincipalIsService: true,
            retiringID: "ASVC22222222222222222",
            issuingAccount: "arn:aws:iam::111122223333:root", operations: ["Encrypt", "Decrypt", "CreateGrant"],
            constraint: constraint, sourceARN: "arn:aws:ec2:eu-central-1:111122223333:volume/vol-1"
        )
    }
}

extension String {
    /// 64 hexadecimal digits.
    package static func grantID() -> String {
        let digits = Array("0123456789abcdef")
        return String((0..<64).map { _ in digits.randomElement() ?? "0" })
    }

    /// As in `AIDA2345672345672345A`.
    package static func uniqueID(_ prefix: String) -> String {
        let characters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")
        return prefix + String((0..<17).map { _ in characters.randomElement() ?? "A" })
    }
}

extension Account {
    package static func sample(_ id: AccountID = Scope.sample.account) -> Account {
        Account(id: id, name: "production", creationDate: Timestamp(milliseconds: 1_767_225_600_007))
    }
}

extension Identity {
    package static func sample(
        _ name: String = "alice", _ kind: Kind = .user, account: AccountID = Scope.sample.account,
        uniqueID: String = .uniqueID("AIDA")
    ) -> Identity {
        Identity(
            key: Key(account: account, kind: kind, name: name), path: "/division/team/", uniqueID: uniqueID,
            creationDate: Timestamp(milliseconds: 1_767_225_600_008), description: "of the payroll",
            trustPolicy: kind == .role ? #"{"Version":"2012-10-17","Statement":[]}"# : "",
            trustPrincipals: ["arn:aws:iam::111122223333:user/bob": "AIDAB", "arn:aws:iam::111122223333:role/r": ""],
            maximumSessionDuration: 7200, inlinePolicies: ["one": #"{"Statement":[]}"#, "two": ""],
            attachedPolicies: ["arn:aws:iam::aws:policy/IAMReadOnlyAccess", "arn:aws:iam::111122223333:policy/a"],
            permissionsBoundary: "arn:aws:iam::111122223333:policy/boundary", tags: ["team": "blue", "empty": ""]
        )
    }
}

extension ManagedPolicy {
    package static func sample(
        _ name: String = "payroll", path: String = "/division/", account: AccountID = Scope.sample.account,
        uniqueID: String = .uniqueID("ANPA")
    ) -> ManagedPolicy {
        ManagedPolicy(
            account: account, name: name, path: path, uniqueID: uniqueID, description: "what payroll may do",
            // Not in the order of their ids.
            versions: [.sample("v9"), .sample("v10"), .sample("v1")], defaultVersion: "v10",
            creationDate: Timestamp(milliseconds: 1_767_225_600_009),
            updateDate: Timestamp(milliseconds: 1_767_225_600_010), tags: ["team": "blue", "empty": ""]
        )
    }
}

extension ManagedPolicy.Version {
    package static func sample(_ id: String) -> ManagedPolicy.Version {
        ManagedPolicy.Version(
            id: id, document: #"{"Version":"2012-10-17","Id":"\#(id)"}"#,
            creationDate: Timestamp(milliseconds: 1_767_225_600_011)
        )
    }
}

extension SealedBytes {
    package static func sample(_ count: Int = 68) -> SealedBytes {
        SealedBytes((0..<count).map { _ in .random(in: 0...255) })!
    }
}

extension MFADevice {
    package static func sample(_ name: String = "alice-phone", user: String? = "alice") -> MFADevice {
        MFADevice(
            account: Scope.sample.account, name: name, user: user, sealedSecret: .sample(48),
            creationDate: Timestamp(milliseconds: 1_767_225_600_012),
            enableDate: user.map { _ in Timestamp(milliseconds: 1_767_225_600_013) }, lastStep: 58_907_520
        )
    }
}

extension Session {
    package static func sample(_ id: String = "ASIAIOSFODNN7EXAMPLE") -> Session {
        Session(
            id: id, kind: .role, account: Scope.sample.account, issuerID: "AROA2345672345672345A",
            arn: "arn:aws:sts::111122223333:assumed-role/app/alice", name: "alice", sealedSecret: .sample(512),
            creationDate: Timestamp(milliseconds: 1_767_225_600_014),
            expirationDate: Timestamp(milliseconds: 1_767_229_200_014),
            multiFactorDate: Timestamp(milliseconds: 1_767_225_600_000), policies: ["{}", #"{"Statement":[]}"#],
            tags: ["team": "blue", "empty": ""], transitiveTagKeys: ["team"], sourceIdentity: "alice",
            viaService: "ec2.amazonaws.com",
            requester: "arn:aws:iam::111122223333:user/alice"
        )
    }
}

extension OutboxItem {
    package static func sample(_ id: String = .randomUUID(), _ queue: Queue = .audit) -> OutboxItem {
        OutboxItem(
            id: id, queue: queue, body: Array(#"{"eventID":"\#(id)"}"#.utf8),
            date: Timestamp(milliseconds: 1_767_225_600_015)
        )
    }
}
