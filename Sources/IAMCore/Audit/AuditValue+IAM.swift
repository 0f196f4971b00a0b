import KMSCore

/// What records tell of answers, as CloudTrail has them. Never a secret.
extension AuditValue {
    static func user(_ user: Identity) -> AuditValue {
        .object(
            (
                "user",
                .object(
                    ("path", .string(user.path)), ("userName", .string(user.key.name)),
                    ("userId", .string(user.uniqueID)), ("arn", .string(user.arn)),
                    ("createDate", .date(user.creationDate)))
            ))
    }

    static func role(_ role: Identity) -> AuditValue {
        .object(
            (
                "role",
                .object(
                    ("path", .string(role.path)), ("roleName", .string(role.key.name)),
                    ("roleId", .string(role.uniqueID)), ("arn", .string(role.arn)),
                    ("createDate", .date(role.creationDate)),
                    ("assumeRolePolicyDocument", .string(role.trustPolicy)))
            ))
    }

    static func policy(_ policy: PolicyDescription) -> AuditValue {
        .object(
            (
                "policy",
                .object(
                    ("policyName", .string(policy.name)), ("policyId", .string(policy.uniqueID)),
                    ("arn", .string(policy.arn)), ("path", .string(policy.path)),
                    ("defaultVersionId", .string(policy.defaultVersion)),
                    ("createDate", .date(policy.creationDate)))
            ))
    }

    static func policyVersion(_ version: PolicyVersionDescription) -> AuditValue {
        .object(
            (
                "policyVersion",
                .object(
                    ("versionId", .string(version.id)), ("isDefaultVersion", .bool(version.isDefault)),
                    ("createDate", .date(version.creationDate)))
            ))
    }

    static func accessKey(_ key: AccessKey, userName: String?) -> AuditValue {
        .object(
            (
                "accessKey",
                .object(
                    ("userName", userName.map { .string($0) }), ("accessKeyId", .string(key.id)),
                    ("status", .string(key.isActive ? "Active" : "Inactive")),
                    ("createDate", .date(key.creationDate)))
            ))
    }

    static func device(_ device: MFADevice) -> AuditValue {
        .object(("virtualMFADevice", .object(("serialNumber", .string(device.serialNumber)))))
    }

    static func credentials(_ session: Session) -> AuditValue {
        .object(("accessKeyId", .string(session.id)), ("expiration", .date(session.expirationDate)))
    }
}
