package import KMSCore

/// The account as a whole.
extension IdentityStore {
    /// SummaryMap of GetAccountSummary.
    package func accountSummary(by context: CallContext) throws(KMSError) -> [String: Int] {
        try authorize("iam:GetAccountSummary", on: .arn("*"), by: context)
        let account = context.principal.account
        return read { table in
            let devices = table.devices(of: account)
            let policies = table.policies(of: account).compactMap(\.policy)
            return [
                "AccessKeysPerUserQuota": limits.accessKeys,
                "AccountAccessKeysPresent": table.accessKeys(of: account.description).isEmpty ? 0 : 1,
                "AccountMFAEnabled": 0,
                "AttachedPoliciesPerRoleQuota": limits.attachedPolicies,
                "AttachedPoliciesPerUserQuota": limits.attachedPolicies,
                "Groups": 0,
                "GroupsPerUserQuota": 0,
                "GroupsQuota": 0,
                "MFADevices": devices.count,
                "MFADevicesInUse": devices.count { $0.user != nil },
                "Policies": policies.count,
                "PoliciesQuota": limits.policies,
                "PolicySizeQuota": limits.managedPolicySize,
                "PolicyVersionsInUse": policies.reduce(0) { $0 + $1.versions.count },
                "Roles": table.identities(.role, of: account).count,
                "RolesQuota": limits.roles,
                "UserPolicySizeQuota": limits.userPolicySize,
                "Users": table.identities(.user, of: account).count,
                "UsersQuota": limits.users,
                "VersionsPerPolicyQuota": limits.policyVersions,
            ]
        }
    }

    /// There are none, so always empty.
    package func listAccountAliases(by context: CallContext) throws(KMSError) -> [String] {
        try authorize("iam:ListAccountAliases", on: .arn("*"), by: context)
        return []
    }
}
