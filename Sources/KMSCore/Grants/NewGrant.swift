/// What CreateGrant is asked for.
package struct NewGrant: Sendable {
    /// Whom a grant names.
    package enum Party: Hashable, Sendable {
        /// By an ARN: an account's root, a user, a role or a session.
        case principal(String)
        /// As in `ec2.amazonaws.com`.
        case service(String)
    }

    package let grantee: Party
    package var retiring: Party?
    package let operations: Set<String>
    package var constraint: Grant.Constraint?
    /// The ARN of the one resource for which a service may use the grant.
    package var sourceARN: String?
    package var name: String?

    package init(to grantee: Party, _ operations: Set<String>) {
        self.grantee = grantee
        self.operations = operations
    }

    var terms: GrantTerms {
        GrantTerms(operations: operations, constraint: constraint, sourceARN: sourceARN)
    }
}

extension NewGrant {
    /// Throws `validation` for what is refused of any key.
    func check() throws(KMSError) {
        guard !operations.isEmpty else {
            throw KMSError(.validation, "A grant needs an operation: name one in Operations at the least.")
        }
        guard operations != ["CreateGrant"] else {
            throw KMSError(.validation, "Grants must not contain only the CreateGrant operation.")
        }
        if case .service = grantee { try checkForService() }
        try constraint?.check()
    }

    private func checkForService() throws(KMSError) {
        guard sourceARN != nil else {
            throw KMSError(.validation, "A grant with a GranteeServicePrincipal needs a SourceArn in its Constraints.")
        }
        guard retiring != nil else {
            throw KMSError(
                .validation,
                "A grant with a GranteeServicePrincipal needs a RetiringPrincipal or a RetiringServicePrincipal.")
        }
    }

    /// Throws `validation` for what a key of this kind has no use for.
    func check(for entry: KeyEntry) throws(KMSError) {
        let useless = operations.subtracting(entry.grantOperations)
        guard useless.isEmpty else {
            throw KMSError(
                .validation,
                "The operations \(useless.sorted().joined(separator: ", ")) are not valid for key spec "
                    + "\(entry.key.spec.rawValue) with key usage \(entry.key.usage.rawValue). Those that are: "
                    + entry.grantOperations.sorted().joined(separator: ", ") + "."
            )
        }
        guard constraint == nil || entry.algorithm.isSymmetricEncryption else {
            throw KMSError(
                .validation,
                "Encryption context constraints are for symmetric encryption keys alone; the key spec of "
                    + "\(entry.arn) is \(entry.key.spec.rawValue)."
            )
        }
    }
}

extension Grant.Constraint {
    /// How many pairs a constraint may have, and how many characters the value of each ("CreateGrant", AWS KMS API
    /// Reference).
    static let maximumPairs = 8
    static let maximumValueLength = 384

    package var pairs: [String: String] {
        switch self {
        case .encryptionContextEquals(let pairs), .encryptionContextSubset(let pairs): pairs
        }
    }

    /// As GrantConstraints names its members.
    package var name: String {
        switch self {
        case .encryptionContextEquals: "EncryptionContextEquals"
        case .encryptionContextSubset: "EncryptionContextSubset"
        }
    }

    fileprivate func check() throws(KMSError) {
        guard (1...Self.maximumPairs).contains(pairs.count) else {
            throw KMSError(
                .validation, "\(name) has \(pairs.count) pairs; it may have 1 to \(Self.maximumPairs).")
        }
        guard pairs.values.allSatisfy({ $0.unicodeScalars.count <= Self.maximumValueLength }) else {
            throw KMSError(
                .validation, "A value in \(name) is longer than \(Self.maximumValueLength) characters. Shorten it.")
        }
    }
}

extension KeyEntry {
    /// What a grant on the key can be for ("Grant operations", AWS KMS Developer Guide).
    var grantOperations: Set<String> {
        var operations: Set = ["CreateGrant", "DescribeKey", "RetireGrant"]
        switch key.usage {
        case .encryptDecrypt:
            operations.formUnion(["Decrypt", "Encrypt", "ReEncryptFrom", "ReEncryptTo"])
        case .signVerify:
            operations.formUnion(["Sign", "Verify"])
        case .generateVerifyMAC:
            operations.formUnion(["GenerateMac", "VerifyMac"])
        case .keyAgreement:
            operations.insert("DeriveSharedSecret")
        }
        if algorithm.isAsymmetric { operations.insert("GetPublicKey") }
        if algorithm.isSymmetricEncryption {
            operations.formUnion([
                "GenerateDataKey", "GenerateDataKeyPair", "GenerateDataKeyPairWithoutPlaintext",
                "GenerateDataKeyWithoutPlaintext",
            ])
        }
        return operations
    }
}
