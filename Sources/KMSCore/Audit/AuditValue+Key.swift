extension AuditValue {
    static func materialChange(_ keyARN: String, _ materialID: String) -> AuditValue {
        .object(("keyId", .string(keyARN)), ("keyMaterialId", .string(materialID)))
    }
}

extension Key {
    /// What the record of CreateKey shows of the key.
    var auditMetadata: AuditValue {
        .object(
            ("keyId", .string(address.id.description)), ("arn", .string(address.arn)),
            ("aWSAccountId", .string(address.scope.account.description)), ("keySpec", .string(spec.rawValue)),
            ("keyUsage", .string(usage.rawValue)), ("origin", .string(origin.rawValue)),
            ("keyState", .string(state.rawValue)), ("keyManager", .string(manager.rawValue)),
            ("creationDate", .date(creationDate)), ("multiRegion", .bool(address.id.isMultiRegion))
        )
    }
}
