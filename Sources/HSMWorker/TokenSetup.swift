import Glibc
import HSMWorkerProtocol
import PKCS11
import SecureMemory

/// Makes a new token: what `strongroom init` does on an HSM that allows it. The PINs are made here, go to their files
/// and are seen nowhere else.
enum TokenSetup {
    static func run(
        _ settings: WorkerSettings, label: String, pinFile: String, securityOfficerPINFile: String
    ) throws -> TokenReport {
        let module = try Module(path: settings.modulePath, initArguments: settings.profile.initArguments)
        guard let free = try module.slotsWithToken().first(where: { try !$0.tokenInfo().isInitialized }) else {
            throw OperatorError(
                "the module has no slot with a token that is not initialised yet; give --token for one that is")
        }
        guard try !module.slotsWithToken().contains(where: { try $0.tokenInfo().label == label }) else {
            throw OperatorError("a token labelled \(label) is there already; give another --token-label")
        }
        let officerPIN = try newPIN()
        let userPIN = try newPIN()
        // The files first: a token whose PIN nobody knows is of no use.
        try write(officerPIN, to: securityOfficerPINFile)
        try write(userPIN, to: pinFile)
        try free.initializeToken(label: label, securityOfficerPIN: officerPIN)
        // The slot's number may have changed with the token.
        let found = try module.slotsWithToken().filter { try $0.tokenInfo().label == label }
        guard let slot = found.first, found.count == 1 else {
            throw OperatorError("the token \(label) was made, but the module does not show it")
        }
        let session = try Session(on: slot)
        try session.login(.securityOfficer, pin: officerPIN)
        try session.initializePIN(userPIN)
        try session.logout()
        try session.login(pin: userPIN)
        let info = try slot.tokenInfo()
        let mechanisms = try slot.mechanisms()
        return TokenReport(
            module: module.description, label: info.label, serial: info.serial, model: info.model,
            manufacturer: info.manufacturer,
            missingMechanisms: settings.profile.neededMechanisms(of: mechanisms)
                .filter { !mechanisms.contains($0) }.map(\.description),
            lanes: settings.profile.lanes, isMemoryLocked: isSecureMemoryLocked
        )
    }

    /// 24 characters out of 32: 120 bits.
    private static func newPIN() throws -> SecretBytes {
        let alphabet = Array("abcdefghijkmnpqrstuvwxyz23456789".utf8)
        var generator = SystemRandomNumberGenerator()
        return SecretBytes(count: 24) { (pin: inout MutableRawSpan) in
            for index in 0..<24 {
                let character = alphabet[Int(truncatingIfNeeded: generator.next() as UInt64) & 31]
                pin.storeBytes(of: character, toByteOffset: index, as: UInt8.self)
            }
        }
    }

    /// Writes a PIN into a new file of mode 0600; one that is there is never overwritten.
    private static func write(_ pin: borrowing SecretBytes, to path: String) throws {
        let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw OperatorError("the file \(path) cannot be made: \(errorText())") }
        defer { close(descriptor) }
        let written = pin.withExposedBytes { span in
            unsafe span.withUnsafeBytes { unsafe Glibc.write(descriptor, $0.baseAddress, $0.count) }
        }
        guard written == pin.count, unsafe Glibc.write(descriptor, "\n", 1) == 1, fsync(descriptor) == 0 else {
            throw OperatorError("the file \(path) cannot be written: \(errorText())")
        }
    }
}
