package import KMSCore
import SecureMemory

/// Virtual multi-factor devices: secrets that users' authenticators share.
extension IdentityStore {
    /// Its secret is told this once.
    package func createVirtualDevice(
        _ name: String, path: String = "/", by context: CallContext
    ) async throws(KMSError) -> IssuedDevice {
        try IAMName.check(name, "VirtualMFADeviceName", 1...226)
        try IAMName.check(path: path)
        let account = context.principal.account
        // The name is what follows the slash of the serial number.
        let fullName = String(path.dropFirst()) + name
        let serialNumber = "arn:aws:iam::\(account):mfa/\(fullName)"
        try authorize("iam:CreateVirtualMFADevice", on: .arn(serialNumber), by: context)
        try checkThatDeviceMayBeMade(serialNumber, in: account)
        let made = try await vault.newSecret(OneTimePassword.secretCount, sealedTo: .device(serialNumber))
        let device = MFADevice(
            account: account, name: fullName, sealedSecret: made.sealed, creationDate: clock.now)
        try await changes.run { () async throws(KMSError) in
            try checkThatDeviceMayBeMade(serialNumber, in: account)
            context.draft.note(response: .device(device))
            try await commit([.saveMultiFactorDevice(device)], by: context)
        }
        return IssuedDevice(serialNumber: serialNumber, owner: "\(name)@\(account)", secret: made.plaintext)
    }

    private func checkThatDeviceMayBeMade(_ serialNumber: String, in account: AccountID) throws(KMSError) {
        let (isTaken, count) = read { ($0.devices[serialNumber] != nil, $0.devices(of: account).count) }
        guard !isTaken else {
            throw KMSError(.alreadyExists, "MFADevice entity at the same path and name already exists.")
        }
        guard count < limits.devices else { throw .quota("MFADevicesPerAccount", limits.devices) }
    }

    /// Makes a device a user's, who shows by two codes that follow each other to have it.
    package func enableDevice(
        _ serialNumber: String, ofUser user: String, codes first: String, _ second: String, by context: CallContext
    ) async throws(KMSError) {
        let codes = [
            try OneTimePassword.number(first, "AuthenticationCode1"),
            try OneTimePassword.number(second, "AuthenticationCode2"),
        ]
        let owner = try find(.user(user), for: "iam:EnableMFADevice", by: context)
        let device = try device(serialNumber, in: context)
        try checkThatDeviceMayBeEnabled(device, for: user)
        let step = OneTimePassword.step(at: clock.now)
        try await attempt(device) { () async throws(KMSError) in
            // To type two codes takes a while, so the first may be of two steps ago.
            let steps = try await matches(of: codes, in: step - 2...step, device)
            return try await changes.run { () async throws(KMSError) in
                let owner = try stillThere(owner).identity
                var current = try self.device(serialNumber, in: context)
                try checkThatDeviceMayBeEnabled(current, for: user)
                guard current.sealedSecret == device.sealedSecret,
                    let first = steps.first(where: { $0 > current.lastStep })
                else { return false }
                current.user = owner.key.name
                current.enableDate = clock.now
                current.lastStep = first + 1
                try await commit([.saveMultiFactorDevice(current)], by: context)
                return true
            }
        } otherwise: {
            KMSError(
                .invalidAuthenticationCode,
                "Authentication code for device is not valid. Give two codes that follow each other, as they come.")
        }
    }

    private func checkThatDeviceMayBeEnabled(_ device: MFADevice, for user: String) throws(KMSError) {
        guard device.user == nil else { throw KMSError(.alreadyExists, "MFA Device is already in use.") }
        let count = read { $0.devices(ofUser: user, in: device.account).count }
        guard count < limits.enabledDevices else { throw .quota("MFADevicesPerUser", limits.enabledDevices) }
    }

    package func deactivateDevice(
        _ serialNumber: String, ofUser user: String?, by context: CallContext
    ) async throws(KMSError) {
        let name = try userName(user, of: context)
        try await changes.run { () async throws(KMSError) in
            _ = try find(.user(name), for: "iam:DeactivateMFADevice", by: context)
            var device = try device(serialNumber, in: context)
            guard device.user == name else { throw .noSuchDevice(serialNumber) }
            device.user = nil
            device.enableDate = nil
            try await commit([.saveMultiFactorDevice(device)], by: context)
        }
    }

    /// Those of a user, or of the caller.
    package func listDevices(
        ofUser user: String?, _ page: PageRequest, by context: CallContext
    ) throws(KMSError) -> Page<MFADevice> {
        try IAMName.check(limit: page)
        let name = try userName(user, of: context)
        _ = try find(.user(name), for: "iam:ListMFADevices", by: context)
        let devices = read { $0.devices(ofUser: name, in: context.principal.account) }
        return try Page(of: devices, page, list: "ListMFADevices", defaultLimit: 100) { $0.serialNumber }
    }

    package func listVirtualDevices(
        _ assignment: DeviceAssignment, _ page: PageRequest, by context: CallContext
    ) throws(KMSError) -> Page<MFADevice> {
        try IAMName.check(limit: page)
        let account = context.principal.account
        try authorize("iam:ListVirtualMFADevices", on: .arn("arn:aws:iam::\(account):mfa/"), by: context)
        let devices = read { $0.devices(of: account) }.filter { device in
            switch assignment {
            case .assigned: device.user != nil
            case .unassigned: device.user == nil
            case .any: true
            }
        }
        return try Page(of: devices, page, list: "ListVirtualMFADevices", defaultLimit: 100) { $0.serialNumber }
    }

    package func deleteVirtualDevice(_ serialNumber: String, by context: CallContext) async throws(KMSError) {
        try IAMName.check(serialNumber: serialNumber)
        try await changes.run { () async throws(KMSError) in
            try authorize("iam:DeleteVirtualMFADevice", on: .arn(serialNumber), by: context)
            let device = try device(serialNumber, in: context)
            guard device.user == nil else {
                throw KMSError(.deleteConflict, "MFA VirtualDevice in use. Must deactivate first.")
            }
            try await commit([.removeMultiFactorDevice(serialNumber: serialNumber)], by: context)
        }
    }

    private func device(_ serialNumber: String, in context: CallContext) throws(KMSError) -> MFADevice {
        guard let device = read({ $0.devices[serialNumber] }), device.account == context.principal.account
        else { throw .noSuchDevice(serialNumber) }
        return device
    }
}

extension IssuedDevice {
    /// - Parameter owner: As an authenticator shows it.
    fileprivate convenience init(serialNumber: String, owner: String, secret: borrowing SecretBytes) {
        let seed = Base32.encode(secret)
        let label = "otpauth://totp/Strongroom:\(Self.escaped(owner))?secret="
        let issuer = "&issuer=Strongroom"
        let uri = SecretBytes(count: label.utf8.count + seed.count + issuer.utf8.count) { (uri: inout MutableRawSpan) in
            unsafe uri.copyBytes(from: Array(label.utf8).span.bytes)
            seed.withExposedBytes { uri.copyBytes(from: $0, at: label.utf8.count) }
            unsafe uri.copyBytes(from: Array(issuer.utf8).span.bytes, at: label.utf8.count + seed.count)
        }
        self.init(serialNumber: serialNumber, seed: seed, uri: uri)
    }

    /// Percent-encoded but for the unreserved characters of RFC 3986; names are ASCII.
    private static func escaped(_ text: String) -> String {
        text.utf8.map { byte in
            let character = Character(UnicodeScalar(byte))
            return character.isLetter || character.isNumber || "-._~".contains(character)
                ? String(character) : "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
        }.joined()
    }
}

extension KMSError {
    fileprivate static func noSuchDevice(_ serialNumber: String) -> KMSError {
        KMSError(.notFound, "VirtualMFADevice with serial number \(serialNumber.prefix(256)) does not exist.")
    }
}
