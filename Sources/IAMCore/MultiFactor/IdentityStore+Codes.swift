import KMSCore
import SecureMemory

extension IdentityStore {
    /// Takes a code of one of the caller's devices, for good: it is on the disk that none up to this one is taken again
    /// before anybody hears of it. Answers when that was.
    ///
    /// A clock may be off by one step.
    func takeCode(_ given: MultiFactorCode, by context: CallContext) async throws(KMSError) -> Timestamp {
        let number = try OneTimePassword.number(given.code, "TokenCode")
        let now = clock.now
        let device = read { $0.devices[given.serialNumber] }
        guard let device, device.account == context.principal.account, device.user != nil,
            device.user == context.caller.userName
        else {
            throw KMSError(
                .accessDenied,
                "MultiFactorAuthentication failed, unable to validate MFA code. Please verify your MFA serial number "
                    + "is valid and associated with this user.")
        }
        let step = OneTimePassword.step(at: now)
        try await attempt(device) { () async throws(KMSError) in
            let steps = try await matches(of: [number], in: step - 1...step + 1, device)
            return try await changes.run { () async throws(KMSError) in
                // It may have been used, or be another's, since it was looked at.
                guard var current = read({ $0.devices[device.serialNumber] }), current.user == device.user,
                    current.sealedSecret == device.sealedSecret,
                    let taken = steps.first(where: { $0 > current.lastStep })
                else { return false }
                current.lastStep = taken
                try await prepare([.saveMultiFactorDevice(current)])
                return true
            }
        } otherwise: {
            KMSError(.accessDenied, "MultiFactorAuthentication failed with invalid MFA one time pass code.")
        }
        return now
    }

    /// Counts an attempt to give a code of the device. `body` answers whether it was right.
    func attempt(
        _ device: MFADevice, _ body: () async throws(KMSError) -> Bool, otherwise failure: () -> KMSError
    ) async throws(KMSError) {
        try attempts.begin(device.serialNumber)
        let isRight: Bool
        do {
            isRight = try await body()
        } catch {
            attempts.withdraw(device.serialNumber)
            throw error
        }
        guard isRight else { throw failure() }
        attempts.succeed(device.serialNumber)
    }

    /// Those of `steps` at which the codes begin, one after the other. The secret is in the clear for just this.
    func matches(
        of codes: [UInt32], in steps: ClosedRange<Int64>, _ device: MFADevice
    ) async throws(KMSError) -> [Int64] {
        let secret = try await vault.open(device.sealedSecret, of: .device(device.serialNumber))
        return secret.withExposedBytes { secret in
            steps.filter { step in
                codes.indices.allSatisfy { index in
                    OneTimePassword.code(secret, counter: step + Int64(index)) == codes[index]
                }
            }
        }
    }
}
