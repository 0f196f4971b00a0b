/// What holds for key policies as documents.
package enum KeyPolicy {
    /// The one name that AWS KMS has for a key's policy.
    package static let name = "default"

    /// How many bytes a policy may have.
    package static let maximumSize = 32_768

    /// The policy of a key that was made without one ("Default key policy", AWS KMS Developer Guide).
    package static func standard(for account: AccountID) -> String {
        """
        {
          "Version" : "2012-10-17",
          "Id" : "key-default-1",
          "Statement" : [ {
            "Sid" : "Enable IAM User Permissions",
            "Effect" : "Allow",
            "Principal" : {
              "AWS" : "arn:aws:iam::\(account):root"
            },
            "Action" : "kms:*",
            "Resource" : "*"
          } ]
        }
        """
    }

    static func checkName(_ name: String?) throws(KMSError) {
        guard name == nil || name == Self.name else { throw KMSError(.notFound, "No such policy exists") }
    }
}

extension KeyStore {
    package func keyPolicy(of key: String, named name: String?, by context: CallContext) throws(KMSError) -> String {
        let entry = try resolveKeyOnly(key, for: .getKeyPolicy, by: context)
        try KeyPolicy.checkName(name)
        return shownPolicy(of: entry.key)
    }

    /// `bypassLockoutCheck` is BypassPolicyLockoutSafetyCheck, nil where the request does not have it.
    package func putKeyPolicy(
        _ policy: String, on key: String, named name: String?, bypassLockoutCheck: Bool? = nil,
        by context: CallContext
    ) async throws(KMSError) {
        let entry = try resolveKeyOnly(key, for: .putKeyPolicy, by: context, with: .bypass(bypassLockoutCheck))
        try KeyPolicy.checkName(name)
        let principals = try checkPolicy(
            policy, of: entry.key, bypassingLockoutCheck: bypassLockoutCheck ?? false, by: context)
        try await change(entry.key.address, on: .call(context)) { key throws(KMSError) in
            key.policy = policy
            key.policyPrincipals = principals
        }
    }

    package func listKeyPolicies(
        of key: String, _ page: PageRequest, by context: CallContext
    ) throws(KMSError) -> Page<String> {
        _ = try resolveKeyOnly(key, for: .listKeyPolicies, by: context)
        return try Page(of: [KeyPolicy.name], page, list: "ListKeyPolicies", defaultLimit: 100) { $0 }
    }
}
