package import KMSCore

// For those who ask for what identities can have elsewhere, and here do not: the answer is empty, but only for who may
// ask, and of what is there.
extension IdentityStore {
    /// Throws `accessDenied`, or `notFound` for those who may do `action`, as in `iam:ListSSHPublicKeys`.
    package func checkThere(
        _ name: IdentityName, for action: String, by context: CallContext
    ) throws(KMSError) {
        _ = try find(name, for: action, by: context)
    }

    package func checkThere(
        device serialNumber: String, for action: String, by context: CallContext
    ) throws(KMSError) {
        try authorize(action, on: .arn(serialNumber), by: context)
        let device = read { $0.devices[serialNumber] }
        guard device?.account == context.principal.account else {
            throw KMSError(.notFound, "VirtualMFADevice with serial number \(serialNumber) does not exist.")
        }
    }
}

extension IdentityStore {
    /// Whose a device is; for who was told of the device.
    package func owner(of device: MFADevice) -> Identity? {
        guard let user = device.user else { return nil }
        return read { $0.identity(.user(user), in: device.account)?.identity }
    }

    /// Gives the role as it is then.
    package func updateRoleDescription(
        _ name: String, _ description: String, by context: CallContext
    ) async throws(KMSError) -> Identity {
        try IAMName.check(description: description)
        var changed: Identity?
        try await change(.role(name), for: "iam:UpdateRoleDescription", by: context) { role throws(KMSError) in
            role.description = description
            changed = role
        }
        guard let changed else { throw .noSuch(.role(name)) }
        return changed
    }
}
